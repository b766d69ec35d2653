*** Settings ***
Documentation    WSAEINPROGRESS: a blocking call is running.

Resource         wsasocket.resource


*** Test Cases ***
A Socket Beside A Blocking Call
    [Documentation]    One thread waits in recv while another makes a socket; then the data is sent.
    [Tags]    WSASOCKET-013    leg:blocking-call
    Run Program File    beside_receive.ceprog    client=${PLAIN}    connect=connect    head_start=300ms
    Outcome Should Conform
    Should Succeed If It Ran    closed
    Needs Time Of At Least    received    150ms    reason=the receive has to wait when the socket is made
