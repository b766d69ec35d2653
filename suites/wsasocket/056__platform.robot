*** Settings ***
Documentation    Where the function is there at all.

Resource         wsasocket.resource


*** Test Cases ***
Since Windows CE Version 4
    [Tags]    WSASOCKET-056
    Run Program File    available.ceprog
    Number Should Be    version+OSVERSIONINFOW.dwPlatformId:4    3
    Needs Number Of At Least    version+OSVERSIONINFOW.dwMajorVersion:4    4    older systems have winsock.dll alone
    Outcome Should Conform
    Should Succeed    wide
