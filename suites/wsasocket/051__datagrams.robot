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
    Three Should Be Sent
    Datagram Should Have Come    from_red    con    red
    Datagram Should Have Come    from_green    conform    green
    Datagram Should Have Come    from_blue    conformance    blue
    Peer Should Have Been Reached    red    2    co
    Peer Should Have Been Reached    green    5    confo
    Peer Should Have Been Reached    blue    9    conforman

Peer Should Have Been Reached
    [Documentation]    By a datagram of this length and text.
    [Arguments]    ${peer}    ${length}    ${text}
    Sent Should Conform    to_${peer}    ${length}
    Datagram Should Have Come    at_${peer}    ${text}    hub

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
