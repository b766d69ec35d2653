*** Settings ***
Documentation    WSAEAFNOSUPPORT: families that the device's catalog does not have. 0 and -1 are no families.

Resource         wsasocket.resource

Test Template    Absent Family Should Conform

Test Tags        WSASOCKET-012


*** Test Cases ***      AF
AF_UNIX                 AF_UNIX
AF_IPX                  AF_IPX
AF_NETBIOS              AF_NETBIOS
Family 99               99
Family 0x7FFF           0x7FFF
Family -2               -2


*** Keywords ***
Absent Family Should Conform
    [Documentation]    With a type that is good in other families, and protocol 0.
    [Arguments]    ${af}
    Needs Absent Family    ${af}
    Creation Should Conform    ${af}    SOCK_STREAM    0
