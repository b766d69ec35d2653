*** Settings ***
Documentation    What the page discourages or leaves open: AF_UNSPEC, and -1 without a structure.

Resource         wsasocket.resource


*** Test Cases ***
AF_UNSPEC
    [Tags]    WSASOCKET-035
    [Template]    Creation Without A Family Should Conform
    # TYPE         PROTOCOL
    SOCK_STREAM    IPPROTO_TCP
    SOCK_DGRAM     IPPROTO_UDP
    SOCK_STREAM    0

FROM_PROTOCOL_INFO Without A Structure
    [Tags]    WSASOCKET-028    leg:no-structure
    Creation Should Conform    FROM_PROTOCOL_INFO    FROM_PROTOCOL_INFO    FROM_PROTOCOL_INFO


*** Keywords ***
Creation Without A Family Should Conform
    [Documentation]    A socket that comes of it works: it has its type, and an address after bind.
    [Arguments]    ${type}    ${protocol}
    Run Program File    unspecified.ceprog    type=${type}    protocol=${protocol}
    Outcome Should Conform
    Number Should Be    so_type:4    ${type}    if_succeeded=tested
    Should Succeed If It Ran    named
    Should Succeed If It Ran    closed
