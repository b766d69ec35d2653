*** Settings ***
Documentation    What a plain device cannot be made to do: each is skipped with what it would need.
...              A test of a target that provides just that is inconclusive until there is a real one.

Resource         wsasocket.resource


*** Test Cases ***
Protocol
    [Tags]    WSASOCKET-006
    Report What Cannot Be Provoked

WSAESOCKTNOSUPPORT
    [Tags]    WSASOCKET-018
    Report What Cannot Be Provoked

WSAEINVAL, Combination
    [Tags]    WSASOCKET-019c
    Report What Cannot Be Provoked
