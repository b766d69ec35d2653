*** Settings ***
Documentation    Flags that combine, and multipoint flags, which the system's own providers refuse.

Resource         wsasocket.resource


*** Variables ***
${C_ROOT}    WSA_FLAG_MULTIPOINT_C_ROOT
${C_LEAF}    WSA_FLAG_MULTIPOINT_C_LEAF
${D_ROOT}    WSA_FLAG_MULTIPOINT_D_ROOT
${D_LEAF}    WSA_FLAG_MULTIPOINT_D_LEAF


*** Test Cases ***
Flags That The Page Defines
    [Tags]    WSASOCKET-036    leg:defined
    [Template]    Flags Should Conform
    # FLAGS
    0
    WSA_FLAG_OVERLAPPED
    0 | WSA_FLAG_OVERLAPPED

A Flag Nobody Defines
    [Tags]    WSASOCKET-036    leg:undefined
    Flags Should Conform    0x80000000

C_ROOT Where No Control Plane Is Rooted
    [Tags]    WSASOCKET-039    leg:refused
    For Every Catalog Entry    Flags With Entry Should Conform    ${C_ROOT} | ${D_LEAF}
    ...    without_flag=XP1_MULTIPOINT_CONTROL_PLANE

C_LEAF Without Multipoint
    [Tags]    WSASOCKET-040    leg:refused
    For Every Catalog Entry    Flags With Entry Should Conform    ${C_LEAF} | ${D_LEAF}
    ...    without_flag=XP1_SUPPORT_MULTIPOINT

C_LEAF With Multipoint
    [Tags]    WSASOCKET-040    leg:built-in-bit
    For Every Catalog Entry    Flags With Entry Should Conform    ${C_LEAF} | ${D_LEAF}
    ...    with_flag=XP1_SUPPORT_MULTIPOINT

D_ROOT Where No Data Plane Is Rooted
    [Tags]    WSASOCKET-041    leg:refused
    For Every Catalog Entry    Flags With Entry Should Conform    ${C_LEAF} | ${D_ROOT}
    ...    without_flag=XP1_MULTIPOINT_DATA_PLANE

D_LEAF Without Multipoint
    [Tags]    WSASOCKET-042    leg:refused
    For Every Catalog Entry    Flags With Entry Should Conform    ${C_LEAF} | ${D_LEAF}
    ...    without_flag=XP1_SUPPORT_MULTIPOINT

D_LEAF With Multipoint
    [Tags]    WSASOCKET-042    leg:built-in-bit
    For Every Catalog Entry    Flags With Entry Should Conform    ${C_LEAF} | ${D_LEAF}
    ...    with_flag=XP1_SUPPORT_MULTIPOINT

Not Exactly One C Flag
    [Tags]    WSASOCKET-043    leg:built-in
    [Template]    Flags On Every Entry Should Conform
    # FLAGS
    ${D_LEAF}
    ${C_ROOT} | ${C_LEAF} | ${D_LEAF}

Not Exactly One D Flag
    [Tags]    WSASOCKET-044    leg:built-in
    [Template]    Flags On Every Entry Should Conform
    # FLAGS
    ${C_LEAF}
    ${C_LEAF} | ${D_ROOT} | ${D_LEAF}

Built-in Providers Refuse Every Multipoint Pair
    [Tags]    WSASOCKET-054    leg:flags
    [Template]    Flags On Every Entry Should Conform
    # FLAGS
    ${C_ROOT} | ${D_ROOT}
    ${C_ROOT} | ${D_LEAF}
    ${C_LEAF} | ${D_ROOT}
    ${C_LEAF} | ${D_LEAF}

Built-in Providers Know No WSAJoinLeaf
    [Tags]    WSASOCKET-054    leg:join-leaf
    Run Program File    join_leaf.ceprog
    Outcome Should Conform    need_not_exist=${True}


*** Keywords ***
Flags Should Conform
    [Documentation]    A call that is good but for its flags.
    [Arguments]    ${flags}
    Creation Should Conform    AF_INET    SOCK_STREAM    IPPROTO_TCP    flags=${flags}

Flags On Every Entry Should Conform
    [Documentation]    These flags on each entry of the catalog.
    [Arguments]    ${flags}
    For Every Catalog Entry    Flags With Entry Should Conform    ${flags}

Flags With Entry Should Conform
    [Documentation]    The triple and the structure of a catalog entry, with these flags.
    [Arguments]    ${flags}
    Run Program File    use_with_entry.ceprog    flags=${flags}
    Outcome Should Conform
