*** Settings ***
Documentation    WSANOTINITIALISED: a successful WSAStartup comes first. Each in a process of its own.

Resource         wsasocket.resource

Test Tags        WSASOCKET-010


*** Test Cases ***
WSAStartup Was Never Called
    Run Program File    not_started.ceprog
    Outcome Should Conform

WSACleanup Balanced WSAStartup
    Run Program File    started_and_cleaned.ceprog
    Outcome Should Conform

Each WSAStartup Counts
    Run Program File    started_twice.ceprog
    Should Succeed    between
    Should Succeed    balanced
    Outcome Should Conform
