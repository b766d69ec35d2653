*** Settings ***
Documentation    The call itself: arguments, value and error code.

Resource         wsasocket.resource


*** Test Cases ***
A Stream Socket Is Made
    [Tags]    WSASOCKET-001
    Run Program File    use.ceprog
    ...    af=AF_INET    type=SOCK_STREAM    protocol=IPPROTO_TCP    g=0    flags=0    &{IPV4}
    Should Succeed    started
    Outcome Should Conform
    Should Succeed    read_type
    Number Should Be    so_type:4    SOCK_STREAM

The Value Is A Descriptor
    [Tags]    WSASOCKET-002
    Run Program File    use.ceprog
    ...    af=AF_INET    type=SOCK_STREAM    protocol=IPPROTO_TCP    g=0    flags=0    &{IPV4}
    Outcome Should Conform
    Should Succeed    bound
    Should Succeed    named
    Number Should Be    own_address:2    AF_INET
    Should Succeed    closed
    Value Should Be    0    closed

Failure Leaves A Code
    [Documentation]    Each in the way of an error that the page lists.
    [Tags]    WSASOCKET-003
    [Template]    Failure Should Leave A Code
    # AF       TYPE           PROTOCOL
    99         SOCK_STREAM    0
    AF_INET    77             0
    AF_INET    SOCK_STREAM    200

A Failure Of Another Thread
    [Documentation]    The code that a thread reads is that of its own last failure.
    [Tags]    WSASOCKET-003
    Run Program File    failures_of_two.ceprog
    Outcome Should Conform    elsewhere
    Outcome Should Conform
    Value Should Be    code    later

Without A Structure
    [Tags]    WSASOCKET-007
    Creation Should Conform    AF_INET    SOCK_STREAM    IPPROTO_TCP

With A Structure
    [Tags]    WSASOCKET-007
    For Every Catalog Entry    Creation With Entry Should Conform

The Group Is 0
    [Tags]    WSASOCKET-008
    [Template]    Creation Should Conform
    # AF       TYPE           PROTOCOL       G
    AF_INET    SOCK_STREAM    IPPROTO_TCP    g=0
    AF_INET    SOCK_DGRAM     IPPROTO_UDP    g=0

The Flags Are 0
    [Tags]    WSASOCKET-009
    Creation Should Conform    AF_INET    SOCK_STREAM    IPPROTO_TCP    flags=0

The Flags Are WSA_FLAG_OVERLAPPED
    [Tags]    WSASOCKET-009
    Creation Should Conform    AF_INET    SOCK_STREAM    IPPROTO_TCP    flags=WSA_FLAG_OVERLAPPED


*** Keywords ***
Failure Should Leave A Code
    [Documentation]    INVALID_SOCKET, and an error code of the table. What looks like a success has to be a socket.
    [Arguments]    ${af}    ${type}    ${protocol}
    Run Program File    create.ceprog
    ...    af=${af}    type=${type}    protocol=${protocol}    info=NULL    g=0    flags=0
    Should Succeed If It Ran    closed
    Outcome Should Conform
    Value Should Be    INVALID_SOCKET    tested
