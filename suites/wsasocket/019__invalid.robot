*** Settings ***
Documentation    WSAEINVAL in its three conditions, and what a structure has to hold.

Resource         wsasocket.resource


*** Test Cases ***
A Group
    [Documentation]    SG_UNCONSTRAINED_GROUP, SG_CONSTRAINED_GROUP, and a number without meaning.
    [Tags]    WSASOCKET-019a    leg:built-in
    [Template]    Group Should Conform
    # G
    1
    2
    0xDEADBEEF

A Structure Of Zeros
    [Tags]    WSASOCKET-019b    leg:contents
    Run Program File    structure_zero.ceprog
    Outcome Should Conform

A Catalog Entry Id Nobody Has
    [Tags]    WSASOCKET-019b    leg:contents
    For Every Catalog Entry    Structure With Id Should Conform    0xDEADBEEF

The Highest Catalog Entry Id And One
    [Tags]    WSASOCKET-019b    leg:contents
    For Every Catalog Entry    Structure With Id Should Conform    $unknown_id

Type Against Protocol
    [Tags]    WSASOCKET-019c    leg:type-and-protocol
    For Every Contradiction    Contradiction Should Conform

A Structure And Another Type Or Protocol
    [Tags]    WSASOCKET-019c    leg:type-and-protocol
    For Every Contradicted Entry    Structure Should Be Contradicted

A Structure And Another Family
    [Tags]    WSASOCKET-019c    leg:structure-family
    For Every Contradicted Entry    Structure Should Be Contradicted    by_family=${True}

A Structure Without An Id
    [Tags]    WSASOCKET-031
    Run Program File    structure_zero.ceprog
    Outcome Should Conform

A Structure With A Wrong Id
    [Tags]    WSASOCKET-031
    For Every Catalog Entry    Structure With Id Should Conform    $unknown_id

Garbage Around A True Id
    [Tags]    WSASOCKET-030    leg:built-in
    For Every Catalog Entry    Garbage Should Conform


*** Keywords ***
Group Should Conform
    [Documentation]    A call that is good but for its group.
    [Arguments]    ${g}
    Creation Should Conform    AF_INET    SOCK_STREAM    IPPROTO_TCP    g=${g}

Structure With Id Should Conform
    [Documentation]    The structure of an entry, its id replaced.
    [Arguments]    ${id}
    Run Program File    structure_id.ceprog    id=${id}
    Outcome Should Conform

Structure Should Be Contradicted
    [Documentation]    One value contradicts the structure, which gives the two others.
    Creation With Entry Should Conform    af=$given_af    type=$given_type    protocol=$given_protocol

Garbage Should Conform
    [Documentation]    Only dwCatalogEntryId of the structure is true.
    Run Program File    structure_garbage.ceprog
    Outcome Should Conform
