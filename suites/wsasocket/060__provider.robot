*** Settings ***
Documentation    What a service provider of our own shows: its errors are passed on, broken ones are refused, and
...              the right one gets the caller's values. Its address family and socket type are private numbers.

Resource         wsasocket.resource


*** Variables ***
${ROOTED}    XP1_SUPPORT_MULTIPOINT|XP1_MULTIPOINT_CONTROL_PLANE|XP1_MULTIPOINT_DATA_PLANE
${C_ROOT}    WSA_FLAG_MULTIPOINT_C_ROOT
${C_LEAF}    WSA_FLAG_MULTIPOINT_C_LEAF
${D_ROOT}    WSA_FLAG_MULTIPOINT_D_ROOT
${D_LEAF}    WSA_FLAG_MULTIPOINT_D_LEAF


*** Test Cases ***
The Network Subsystem Has Failed
    [Tags]    WSASOCKET-011    leg:pass-through
    Error Should Be Passed On

A Blocking Call Is Running
    [Tags]    WSASOCKET-013    leg:pass-through
    Error Should Be Passed On

No Descriptors Are Left
    [Tags]    WSASOCKET-014    leg:pass-through
    Error Should Be Passed On

No Buffer Space
    [Tags]    WSASOCKET-015    leg:pass-through
    Error Should Be Passed On

The Group Is Not Valid
    [Tags]    WSASOCKET-019a    leg:pass-through
    Error Should Be Passed On

A Structure Used Twice
    [Documentation]    The provider marks a structure as used by its dwProviderReserved.
    [Tags]    WSASOCKET-019b    leg:used-twice
    Install Provider    once    once=1
    ${structure}=    Get Structure    once    dwProviderReserved=0x1234
    Run Program File    provider_twice.ceprog    structure=${structure}
    Needs Success Of    first    reason=the structure has to be good once
    Outcome Should Conform    tested

Another Version
    [Documentation]    1.1, 2.0 and 2.3: the low byte is the major version.
    [Tags]    WSASOCKET-021
    [Template]    Version Should Be Refused
    # Version
    0x0101
    0x0002
    0x0302

An Empty Procedure Table
    [Documentation]    Left as WSPStartup got it, and with NULL in every entry.
    [Tags]    WSASOCKET-022    leg:empty
    [Template]    Table Should Be Judged
    # Table
    1
    2

A Procedure Table With One Entry Missing
    [Documentation]    The first entry.
    [Tags]    WSASOCKET-022    leg:one-missing
    Install Provider    broken    missing=0
    Make Socket
    Outcome Should Conform    tested

The First Able Provider Wins
    [Tags]    WSASOCKET-026
    First Listed Should Be Asked    red    blue
    Remove Providers
    First Listed Should Be Asked    blue    red

The Structure Names The Second Provider
    [Tags]    WSASOCKET-027    leg:two-providers
    Install Provider    red
    Install Provider    blue
    ${structure}=    Get Structure    blue
    Make Socket    info=in info = x"${structure}"
    Should Succeed    tested
    Provider Should Have Been Asked    blue

Values Are Passed On Unmodified
    [Documentation]    Without a structure, with one, and what the structure is to give.
    [Tags]    WSASOCKET-029
    [Template]    Values Should Be Passed On
    # Family    Type    Protocol    Structure
    0x5A    0x5B    0x5C5A    ${False}
    0x5A    0x5B    0    ${False}
    0x5A    0x5B    0x5C5A    ${True}
    FROM_PROTOCOL_INFO    FROM_PROTOCOL_INFO    FROM_PROTOCOL_INFO    ${True}

Only The Catalog Entry Id Is True
    [Tags]    WSASOCKET-030    leg:recording
    Install Provider    red
    ${structure}=    Get Structure    red    keep=dwCatalogEntryId
    Make Socket    info=in info = x"${structure}"
    Provider Should Have Been Asked    red

The Whole Structure Reaches The Provider
    [Tags]    WSASOCKET-032
    Install Provider    red
    ${structure}=    Get Structure    red    szProtocol=marked    dwProviderReserved=0x1234    dwServiceFlags4=77
    Make Socket    info=in info = x"${structure}"
    Provider Should Have Got Structure    ${structure}

A Triple Does Not Select A Bare Layer
    [Tags]    WSASOCKET-033
    Install Provider    base    family=0x5E
    Install Provider    layer    chain_length=0
    Make Socket
    Should Fail    tested
    No Provider Should Have Been Asked
    Install Provider    chain    chain_length=2    chain=layer base
    Make Socket
    Should Succeed    tested

A Bare Layer Does Not Change The Error
    [Documentation]    It would match the family, then family and type; the protocol is nobody's.
    [Tags]    WSASOCKET-034
    ${before}=    Get Error Of Impossible Triple
    Install Provider    family    chain_length=0    type=0x5E
    Make Socket    protocol=0x7001
    Should Fail With    ${before}    tested
    Install Provider    both    chain_length=0
    Make Socket    protocol=0x7001
    Should Fail With    ${before}    tested

Overlapped And Multipoint
    [Tags]    WSASOCKET-036    leg:multipoint
    Flags Should Conform    WSA_FLAG_OVERLAPPED|${C_LEAF}|${D_LEAF}

A Rooted Control Plane
    [Tags]    WSASOCKET-039    leg:allowed
    Flags Should Conform    ${C_ROOT}|${D_LEAF}

A Leaf Of The Control Plane
    [Tags]    WSASOCKET-040    leg:allowed
    Flags Should Conform    ${C_LEAF}|${D_LEAF}    XP1_SUPPORT_MULTIPOINT

A Rooted Data Plane
    [Tags]    WSASOCKET-041    leg:allowed
    Flags Should Conform    ${C_LEAF}|${D_ROOT}

A Leaf Of The Data Plane
    [Tags]    WSASOCKET-042    leg:allowed
    Flags Should Conform    ${C_LEAF}|${D_LEAF}    XP1_SUPPORT_MULTIPOINT

No C_ Flag, And Both
    [Tags]    WSASOCKET-043    leg:multipoint
    [Template]    Flags Should Conform
    # Flags
    ${D_LEAF}
    ${C_ROOT}|${C_LEAF}|${D_LEAF}

No D_ Flag, And Both
    [Tags]    WSASOCKET-044    leg:multipoint
    [Template]    Flags Should Conform
    # Flags
    ${C_LEAF}
    ${C_LEAF}|${D_ROOT}|${D_LEAF}

A Provider That Supports Multipoint
    [Tags]    WSASOCKET-055
    Flags Should Conform    ${C_LEAF}|${D_LEAF}
    Provider Should Have Got    flags=${C_LEAF}|${D_LEAF}


*** Keywords ***
Make Socket
    [Documentation]    One socket of the private family and type, in a process of its own.
    [Arguments]    ${af}=0x5A    ${type}=0x5B    ${protocol}=0x5C5A    ${info}=NULL    ${flags}=0
    Run Program File
    ...    provider.ceprog
    ...    af=${af}
    ...    type=${type}
    ...    protocol=${protocol}
    ...    info=${info}
    ...    flags=${flags}

Error Should Be Passed On
    [Documentation]    The caller gets the code with which WSPSocket fails: the documented one of the test.
    Install Provider    failing    fail=documented
    Make Socket
    Outcome Should Conform    tested
    Provider Should Have Been Asked    failing

Version Should Be Refused
    [Documentation]    WSPStartup succeeds and reports this version.
    [Arguments]    ${version}
    Remove Providers
    Install Provider    other    version=${version}
    Make Socket
    Outcome Should Conform    tested

Table Should Be Judged
    [Documentation]    WSPStartup succeeds and hands over a table that is untouched (1), or empty (2).
    [Arguments]    ${table}
    Remove Providers
    Install Provider    broken    table=${table}
    Make Socket
    Outcome Should Conform    tested

First Listed Should Be Asked
    [Documentation]    Two providers with the same triple, installed in this order.
    [Arguments]    ${earlier}    ${later}
    Install Provider    ${earlier}
    Install Provider    ${later}
    ${first}=    Get First Listed Provider
    Make Socket
    Should Succeed    tested
    Provider Should Have Been Asked    ${first}

Values Should Be Passed On
    [Documentation]    WSPSocket gets the three values as the caller gave them.
    [Arguments]    ${af}    ${type}    ${protocol}    ${with_structure}
    Remove Providers
    Install Provider    red    provider_flags=PFL_MATCHES_PROTOCOL_ZERO
    ${structure}=    Get Structure    red
    ${info}=    Set Variable If    ${with_structure}    in info = x"${structure}"    NULL
    Make Socket    ${af}    ${type}    ${protocol}    ${info}
    Provider Should Have Got    family=${af}    type=${type}    protocol=${protocol}

Get Error Of Impossible Triple
    [Documentation]    The code while no entry of ours is there.
    Needs Provider
    Make Socket    protocol=0x7001
    Outcome Should Conform    tested
    ${code}=    Get Error    tested
    RETURN    ${code}

Flags Should Conform
    [Documentation]    A socket of an entry with these service flags.
    [Arguments]    ${flags}    ${service_flags}=${ROOTED}
    Remove Providers
    Install Provider    many    service_flags=${service_flags}
    Make Socket    flags=${flags}
    Outcome Should Conform    tested
    Should Succeed If It Ran    closed
