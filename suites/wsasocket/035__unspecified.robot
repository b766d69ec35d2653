*** Settings ***
Documentation    What the page discourages or leaves open: AF_UNSPEC, and -1 without a structure.

Resource         wsasocket.resource


*** Test Cases ***
AF_UNSPEC
    [Tags]    WSASOCKET-035
    [Template]    Creation Should Conform
    # AF         TYPE           PROTOCOL
    AF_UNSPEC    SOCK_STREAM    IPPROTO_TCP
    AF_UNSPEC    SOCK_DGRAM     IPPROTO_UDP
    AF_UNSPEC    SOCK_STREAM    0

FROM_PROTOCOL_INFO Without A Structure
    [Tags]    WSASOCKET-028    leg:no-structure
    Creation Should Conform    FROM_PROTOCOL_INFO    FROM_PROTOCOL_INFO    FROM_PROTOCOL_INFO
