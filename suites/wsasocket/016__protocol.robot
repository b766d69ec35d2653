*** Settings ***
Documentation    WSAEPROTONOSUPPORT: protocol numbers nobody has.

Resource         wsasocket.resource

Test Template    Creation Should Conform

Test Tags        WSASOCKET-016


*** Test Cases ***              AF          TYPE            PROTOCOL
Stream, Protocol 200            AF_INET     SOCK_STREAM     200
Stream, Protocol 253            AF_INET     SOCK_STREAM     253
Stream, Protocol 0x7FFF         AF_INET     SOCK_STREAM     0x7FFF
Datagram, Protocol 200          AF_INET     SOCK_DGRAM      200
Datagram, Protocol 253          AF_INET     SOCK_DGRAM      253
Datagram, Protocol 0x7FFF       AF_INET     SOCK_DGRAM      0x7FFF
