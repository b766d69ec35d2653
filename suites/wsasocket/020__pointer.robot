*** Settings ***
Documentation    WSAEFAULT: lpProtocolInfo is not in a valid part of the address space. Each in a process of its own.

Resource         wsasocket.resource

Test Tags        WSASOCKET-020


*** Test Cases ***
Addresses That Were Never Valid
    [Documentation]    The first page; the kernel's half of the address space.
    [Tags]    leg:unreadable
    [Template]    Address Should Conform
    # ADDRESS
    1
    0x80001000

Pages That Cannot Be Read
    [Documentation]    Reserved but not committed; committed without access.
    [Tags]    leg:unreadable
    [Template]    Page Should Conform
    # ALLOCATION    PROTECTION
    MEM_RESERVE     PAGE_READWRITE
    MEM_COMMIT      PAGE_NOACCESS

A Structure That Runs Into A Reserved Page
    [Tags]    leg:straddling
    Run Program File    pointer_straddling.ceprog
    Outcome Should Conform


*** Keywords ***
Address Should Conform
    [Documentation]    lpProtocolInfo is this number.
    [Arguments]    ${pointer}
    Run Program File    pointer.ceprog    pointer=${pointer}
    Outcome Should Conform

Page Should Conform
    [Documentation]    lpProtocolInfo is the address of such a page.
    [Arguments]    ${allocation}    ${protection}
    Run Program File    pointer_page.ceprog    allocation=${allocation}    protection=${protection}
    Outcome Should Conform
