*** Settings ***
Documentation    Stream sockets: connected first, then data both ways, then closed.

Resource         wsasocket.resource


*** Variables ***
${LARGE_WRITES}    256
${SMALL_WRITES}    2061


*** Test Cases ***
No Data Before The Connection
    [Tags]    WSASOCKET-045    leg:before
    [Template]    Call Before The Connection Should Conform
    # CALL
    send
    WSASend
    recv
    WSARecv

Data After It
    [Tags]    WSASOCKET-045    leg:after
    [Template]    Transfer By Should Conform
    # SEND     RECEIVE
    send       recv
    WSASend    WSARecv

Data Both Ways At The Same Time
    [Documentation]    1 MB there and back; the socket sends in one thread while it receives in another.
    [Tags]    WSASOCKET-045    leg:duplex
    Run Program File    duplex.ceprog    client=${PLAIN}    connect=connect
    ...    chunk=4096    writes=${LARGE_WRITES}    deadline=60s
    Outcome Should Conform
    Outcome Should Conform    taken
    Outcome Should Conform    echoed
    Outcome Should Conform    received
    Digest Should Be Of Pattern    crc    4096    ${LARGE_WRITES}

Either Call Connects
    [Tags]    WSASOCKET-046
    [Template]    Connection By Should Conform
    # CONNECT
    connect
    WSAConnect

All Pairs Of Plain And WSA Calls
    [Tags]    WSASOCKET-047
    [Template]    Transfer By Should Conform
    # SEND     RECEIVE
    send       recv
    send       WSARecv
    WSASend    recv
    WSASend    WSARecv

The Other Side Sees The End
    [Tags]    WSASOCKET-048    leg:close
    Run Program File    closed.ceprog    client=${PLAIN}    connect=connect    call=send
    Outcome Should Conform    closed
    Value Should Be    0    closed
    Should Succeed    ended
    Value Should Be    0    ended

A Closed Descriptor Is No Socket
    [Tags]    WSASOCKET-048    leg:later-use
    [Template]    Call After Closesocket Should Conform
    # CALL
    send
    WSASend
    recv
    WSARecv

Nothing Is Lost Or Doubled
    [Documentation]    1 MB each way, in small and in large writes.
    [Tags]    WSASOCKET-049
    [Template]    Pattern Should Arrive
    # FROM    TO        CHUNK    WRITES
    client    server    4096     ${LARGE_WRITES}
    server    client    4096     ${LARGE_WRITES}
    client    server    509      ${SMALL_WRITES}
    server    client    509      ${SMALL_WRITES}


*** Keywords ***
Call Before The Connection Should Conform
    [Documentation]    This call on a new stream socket.
    [Arguments]    ${call}
    Run Program File    unconnected.ceprog    call=${call}
    Outcome Should Conform

Transfer By Should Conform
    [Documentation]    Both directions, by these calls.
    [Arguments]    ${send}    ${receive}
    Run Program File    transfer.ceprog    client=${PLAIN}    connect=connect    send=${send}    receive=${receive}
    Transfer Should Conform

Connection By Should Conform
    [Documentation]    The call connects, and data passes.
    [Arguments]    ${connect}
    Run Program File    transfer.ceprog    client=${PLAIN}    connect=${connect}    send=send    receive=recv
    Outcome Should Conform    connected
    Transfer Should Conform

Call After Closesocket Should Conform
    [Documentation]    This call with the descriptor that was closed.
    [Arguments]    ${call}
    Run Program File    closed.ceprog    client=${PLAIN}    connect=connect    call=${call}
    Outcome Should Conform

Pattern Should Arrive
    [Documentation]    Every byte once and in its place, and none after them.
    [Arguments]    ${from}    ${to}    ${chunk}    ${writes}
    Run Program File    bulk.ceprog    client=${PLAIN}    connect=connect
    ...    from=${from}    to=${to}    chunk=${chunk}    writes=${writes}    deadline=60s
    Outcome Should Conform
    Outcome Should Conform    received
    Value Should Be    0    ended
    Digest Should Be Of Pattern    crc    ${chunk}    ${writes}
