*** Settings ***
Documentation    WSAENETDOWN: the network subsystem has failed.

Resource         wsasocket.resource


*** Test Cases ***
The Subsystem Is Down
    [Tags]    WSASOCKET-011    leg:subsystem-down
    [Template]    Creation Without Network Should Conform
    # TYPE         PROTOCOL
    SOCK_STREAM    IPPROTO_TCP
    SOCK_DGRAM     IPPROTO_UDP


*** Keywords ***
Creation Without Network Should Conform
    [Documentation]    While it is down; afterwards sockets can be made again.
    [Arguments]    ${type}    ${protocol}
    Take Network Down
    Creation Should Conform    AF_INET    ${type}    ${protocol}
    Restore Network
    Run Program File    create.ceprog
    ...    af=AF_INET    type=${type}    protocol=${protocol}    info=NULL    g=0    flags=0
    Should Succeed    tested
