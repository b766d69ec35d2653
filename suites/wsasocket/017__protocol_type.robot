*** Settings ***
Documentation    WSAEPROTOTYPE: the protocol is of the wrong type for the socket.

Resource         wsasocket.resource

Test Tags        WSASOCKET-017


*** Test Cases ***
A Stream With A Datagram Protocol
    Creation Should Conform    AF_INET    SOCK_STREAM    IPPROTO_UDP

Datagrams With A Stream Protocol
    Creation Should Conform    AF_INET    SOCK_DGRAM    IPPROTO_TCP

Type Against Protocol In Every Family
    For Every Contradiction    Contradiction Should Conform
