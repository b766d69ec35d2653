*** Settings ***
Documentation    Datagram and raw sockets. Datagrams may be lost: a program that waits for one is tried three times.

Resource         wsasocket.resource


*** Test Cases ***
One Socket And Three Peers
    [Tags]    WSASOCKET-051
    [Template]    Datagrams Should Conform
    # SEND       RECEIVE
    sendto       recvfrom
    WSASendTo    WSARecvFrom

Connected To One Of Two Senders
    [Tags]    WSASOCKET-052
    [Template]    Connected Datagrams Should Conform
    # SEND     RECEIVE
    send       recv
    WSASend    WSARecv

Raw Sockets Are Optional
    [Tags]    WSASOCKET-053
    [Template]    Creation Should Conform
    # AF       TYPE        PROTOCOL
    AF_INET    SOCK_RAW    IPPROTO_ICMP
    AF_INET    SOCK_RAW    IPPROTO_RAW


*** Keywords ***
Datagrams Should Conform
    [Documentation]    Three messages wait at one socket, then one goes from it to each peer.
    [Arguments]    ${send}    ${receive}
    Run Program File    datagrams.ceprog    send=${send}    receive=${receive}    flags=0    attempts=3
    Sent Should Conform    red_sent    3
    Sent Should Conform    green_sent    7
    Sent Should Conform    blue_sent    11
    Datagram Should Have Come    from_red    con    red
    Datagram Should Have Come    from_green    conform    green
    Datagram Should Have Come    from_blue    conformance    blue
    Sent Should Conform    to_red    2
    Datagram Should Have Come    at_red    co    hub
    Sent Should Conform    to_green    5
    Datagram Should Have Come    at_green    confo    hub
    Sent Should Conform    to_blue    9
    Datagram Should Have Come    at_blue    conforman    hub

Datagram Should Have Come
    [Documentation]    Whole, and with the address (family, port, IP address) of its sender.
    [Arguments]    ${name}    ${text}    ${sender}
    Received Should Conform    ${name}    ${text}
    Number Should Be    ${name}_from:8    ${sender}_address:8

Connected Datagrams Should Conform
    [Documentation]    Only the peer's datagram came; what was sent went to the peer.
    [Arguments]    ${send}    ${receive}
    Run Program File    connected_datagram.ceprog    send=${send}    receive=${receive}    attempts=3
    Received Should Conform    received    conformance
    Should Succeed    tested
    Number Should Be    waiting:4    0
    Sent Should Conform    sent    7
    Datagram Should Have Come    arrived    conform    here
