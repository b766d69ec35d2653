*** Settings ***
Documentation    WSAETIMEDOUT: the path to the peer is cut, and nobody is told. What is sent gets no answer.

Resource         wsasocket.resource


*** Variables ***
${MESSAGES}    90


*** Test Cases ***
The Path To The Peer Is Cut
    [Documentation]    After a quarter of an hour in which nothing broke, nobody knows more than before.
    [Tags]    WSASOCKET-050
    [Template]    Broken Connection Should Conform
    # CALL
    send
    WSASend


*** Keywords ***
Broken Connection Should Conform
    [Documentation]    This call notices it, and so do those after it.
    [Arguments]    ${call}
    ${peer}=    Get Network Peer
    Run Program File    connection_outside.ceprog    peer=${peer}
    Needs Success Of    connected    reason=there has to be a connection to break
    ${client}=    Get Value    client
    Cut Network Path
    Run Program File    broken_connection.ceprog
    ...    client=${client}    call=${call}    times=${MESSAGES}    deadline=960s
    Restore Network
    Outcome Should Conform    tested
    Later Call Should Conform    sent
    Later Call Should Conform    received

Later Call Should Conform
    [Documentation]    The connection is broken: a call that succeeds has no excuse any more.
    [Arguments]    ${call}
    Should Fail    ${call}
    Outcome Should Conform    ${call}
