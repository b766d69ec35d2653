*** Settings ***
Documentation       What the page discourages or leaves open: AF_UNSPEC, and -1 without a structure.

Resource            wsasocket.resource

Test Template       Creation Should Conform


*** Test Cases ***              AF                      TYPE                    PROTOCOL
AF_UNSPEC, Stream, TCP          AF_UNSPEC               SOCK_STREAM             IPPROTO_TCP
    [Tags]    WSASOCKET-035
AF_UNSPEC, Datagram, UDP        AF_UNSPEC               SOCK_DGRAM              IPPROTO_UDP
    [Tags]    WSASOCKET-035
AF_UNSPEC, Stream, 0            AF_UNSPEC               SOCK_STREAM             0
    [Tags]    WSASOCKET-035
-1 Without A Structure          FROM_PROTOCOL_INFO      FROM_PROTOCOL_INFO      FROM_PROTOCOL_INFO
    [Tags]    WSASOCKET-028    leg:no-structure
