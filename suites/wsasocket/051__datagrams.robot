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
    [Documentation]    Three messages of different lengths to one socket, and one from it to each peer.
    [Arguments]    ${send}    ${receive}
    Run Program File    datagrams.ceprog    send=${send}    receive=${receive}    flags=0    attempts=3
    Datagram Should Have Come    red_sent    from_red    con    red
    Datagram Should Have Come    green_sent    from_green    conform    green
    Datagram Should Have Come    blue_sent    from_blue    conformance    blue
    Datagram Should Have Come    to_red    at_red    co    hub
    Datagram Should Have Come    to_green    at_green    confo    hub
    Datagram Should Have Come    to_blue    at_blue    conforman    hub

Datagram Should Have Come
    [Documentation]    Whole, and with the address (family, port, IP address) of its sender.
    [Arguments]    ${sent}    ${name}    ${text}    ${sender}
    Outcome Should Conform    ${sent}
    Outcome Should Conform    ${name}
    Bytes Should Be    ${name}_data    ${text}
    Number Should Be    ${name}_from:8    ${sender}_address:8

Connected Datagrams Should Conform
    [Documentation]    Only the peer's datagram came; what was sent went to the peer.
    [Arguments]    ${send}    ${receive}
    Run Program File    connected_datagram.ceprog    send=${send}    receive=${receive}    attempts=3
    Outcome Should Conform    received
    Bytes Should Be    received_data    conformance
    Should Succeed    tested
    Number Should Be    waiting:4    0
    Datagram Should Have Come    sent    arrived    conform    here
