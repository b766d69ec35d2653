*** Settings ***
Documentation    What the device's own protocol catalog promises: every entry gives the socket it describes.

Resource         wsasocket.resource


*** Test Cases ***
Every Family
    [Tags]    WSASOCKET-004
    For Every Catalog Entry    Triple Should Give Its Family

Every Type
    [Tags]    WSASOCKET-005
    For Every Catalog Entry    Triple Should Give Its Type

Every Protocol
    [Tags]    WSASOCKET-006    leg:enumerated
    For Every Catalog Entry    Triple Should Conform

Protocol 0 Where The Entry Takes It
    [Tags]    WSASOCKET-006    leg:enumerated
    For Every Catalog Entry    Triple Should Conform    protocol=0    with_flag=PFL_MATCHES_PROTOCOL_ZERO

Protocol 0 Elsewhere
    [Tags]    WSASOCKET-006    leg:zero
    For Every Catalog Entry    Triple Should Conform    protocol=0    without_flag=PFL_MATCHES_PROTOCOL_ZERO

The Triple Selects An Able Provider
    [Tags]    WSASOCKET-025
    For Every Catalog Entry    Triple Should Select An Able Provider

The Structure Selects Its Provider
    [Tags]    WSASOCKET-027    leg:built-in
    For Every Catalog Entry    Structure Should Select Its Provider


*** Keywords ***
Triple Should Conform
    [Documentation]    The entry's triple without a structure; `values` replace some of it.
    [Arguments]    &{values}
    Run Program File    use.ceprog    g=0    flags=0    &{values}
    Outcome Should Conform
    Should Succeed If It Ran    closed

Triple Should Give Its Family
    [Documentation]    The family is read back.
    Triple Should Conform
    Family Should Be That Of The Entry

Triple Should Give Its Type
    [Documentation]    The type is read back.
    Triple Should Conform
    Should Succeed    read_type
    Number Should Be    so_type:4    $type

Triple Should Select An Able Provider
    [Documentation]    The entry that the socket is bound to supports the triple.
    Triple Should Conform
    Needs Success Of    read_info    reason=SO_PROTOCOL_INFOW tells which entry the socket is bound to
    Protocol Info Should Support    info_read    $family    $type    $protocol

Structure Should Select Its Provider
    [Documentation]    dwCatalogEntryId of the socket is the one that was passed.
    Creation With Entry Should Conform
    Needs Success Of    read_info    reason=SO_PROTOCOL_INFOW tells which entry the socket is bound to
    Number Should Be    info_read+WSAPROTOCOL_INFOW.dwCatalogEntryId:4    $id
