*** Settings ***
Documentation    The overlapped attribute: off by default, on with WSA_FLAG_OVERLAPPED, and what it is good for.

Resource         wsasocket.resource


*** Test Cases ***
Not Overlapped By Default
    [Tags]    WSASOCKET-024    leg:without-flag
    Overlapped Send Should Conform    ${PLAIN}

Overlapped With The Flag
    [Tags]    WSASOCKET-024    leg:with-flag
    Overlapped Send Should Conform    ${OVERLAPPED}

Overlapped When Made By Socket
    [Tags]    WSASOCKET-024    leg:with-flag
    Overlapped Send Should Conform    ${BSD}

Four Receives At A Time
    [Tags]    WSASOCKET-037
    Run Program File    overlapped_receives.ceprog    client=${OVERLAPPED}    connect=connect
    Receives Should Be Pending
    Receive Should Have Ended    1    1    1
    Receive Should Have Ended    2    1    2
    Receive Should Have Ended    3    1    3
    Receive Should Have Ended    4    1    4

Four Datagram Receives At A Time
    [Tags]    WSASOCKET-037
    Run Program File    overlapped_datagrams.ceprog    attempts=3
    Receives Should Be Pending
    Receive Should Have Ended    1    4    one
    Receive Should Have Ended    2    4    two
    Receive Should Have Ended    3    4    six
    Receive Should Have Ended    4    4    ten
    Sends Should Conform

A Pending WSAIoctl
    [Tags]    WSASOCKET-037
    Run Program File    address_list_change.ceprog
    Outcome Should Conform

WSASend And WSARecv Without An Overlapped Structure
    [Tags]    WSASOCKET-038
    Plain Transfer Should Conform    WSASend    WSARecv

Send And Recv On An Overlapped Socket
    [Tags]    WSASOCKET-038
    Plain Transfer Should Conform    send    recv

WSASendTo And WSARecvFrom Without An Overlapped Structure
    [Tags]    WSASOCKET-038
    Run Program File    datagrams.ceprog
    ...    send=WSASendTo    receive=WSARecvFrom    flags=WSA_FLAG_OVERLAPPED    attempts=3
    Three Should Be Sent
    Received Should Conform    from_red    con
    Received Should Conform    from_green    conform
    Received Should Conform    from_blue    conformance

A Receive Without An Overlapped Structure Waits
    [Documentation]    Nothing comes, so it is still waiting when the time of the program is over.
    [Tags]    WSASOCKET-038
    Run Program File    waiting_receive.ceprog    client=${OVERLAPPED}    connect=connect
    Should Succeed    server
    Outcome Should Be    blocked

WSAIoctl Without An Overlapped Structure
    [Tags]    WSASOCKET-038
    Run Program File    plain_ioctl.ceprog    client=${OVERLAPPED}    connect=connect
    Outcome Should Conform
    Number Should Be    waiting:4    10


*** Keywords ***
Overlapped Send Should Conform
    [Documentation]    WSASend with an overlapped structure on a connected socket that was made so.
    [Arguments]    ${client}
    Run Program File    overlapped_send.ceprog    client=${client}    connect=connect
    Outcome Should Conform

Receives Should Be Pending
    [Documentation]    Four receives were accepted before anything was sent, so that none can have ended.
    Receive Should Be Pending    posted1
    Receive Should Be Pending    posted2
    Receive Should Be Pending    posted3
    Receive Should Be Pending    posted4

Receive Should Be Pending
    [Documentation]    Accepted, and not ended.
    [Arguments]    ${call}
    Outcome Should Conform    ${call}
    Should Fail    ${call}

Receive Should Have Ended
    [Documentation]    With this many bytes, which are these.
    [Arguments]    ${number}    ${bytes}    ${text}
    Operation Should Have Ended    ${number}    ${bytes}
    Bytes Should Be    data${number}    ${text}

Operation Should Have Ended
    [Documentation]    With success and this many bytes; if it was pending, its event says so.
    [Arguments]    ${number}    ${bytes}
    Should Succeed    finished${number}
    Number Should Be    length${number}:4    ${bytes}
    Value Should Be    0    signalled${number}    if_failed=posted${number}

Sends Should Conform
    [Documentation]    Four overlapped sends were accepted; each took its message.
    Outcome Should Conform    posted5
    Outcome Should Conform    posted6
    Outcome Should Conform    posted7
    Outcome Should Conform    posted8
    Operation Should Have Ended    5    4
    Operation Should Have Ended    6    4
    Operation Should Have Ended    7    4
    Operation Should Have Ended    8    4

Plain Transfer Should Conform
    [Documentation]    Both directions of a connection whose client is overlapped.
    [Arguments]    ${send}    ${receive}
    Run Program File    transfer.ceprog
    ...    client=${OVERLAPPED}    connect=connect    send=${send}    receive=${receive}
    Transfer Should Conform
