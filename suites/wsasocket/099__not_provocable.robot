*** Settings ***
Documentation    What a plain device cannot be made to do: each is skipped with what it would need.
...              A test of a target that provides just that is inconclusive until there is a real one.

Resource         wsasocket.resource


*** Test Cases ***
Protocol
    [Tags]    WSASOCKET-006
    Report What Cannot Be Provoked

WSAENETDOWN
    [Tags]    WSASOCKET-011
    Report What Cannot Be Provoked

WSAEINPROGRESS
    [Tags]    WSASOCKET-013
    Report What Cannot Be Provoked

WSAEMFILE
    [Tags]    WSASOCKET-014
    Report What Cannot Be Provoked

WSAENOBUFS
    [Tags]    WSASOCKET-015
    Report What Cannot Be Provoked

WSAESOCKTNOSUPPORT
    [Tags]    WSASOCKET-018
    Report What Cannot Be Provoked

WSAEINVAL, G Is Not Valid
    [Tags]    WSASOCKET-019a
    Report What Cannot Be Provoked

WSAEINVAL, Protocol Info Is Unusable
    [Tags]    WSASOCKET-019b
    Report What Cannot Be Provoked

WSAEINVAL, Combination
    [Tags]    WSASOCKET-019c
    Report What Cannot Be Provoked

WSAINVALIDPROVIDER
    [Tags]    WSASOCKET-021
    Report What Cannot Be Provoked

WSAINVALIDPROCTABLE
    [Tags]    WSASOCKET-022
    Report What Cannot Be Provoked

The First Able Provider Wins
    [Tags]    WSASOCKET-026
    Report What Cannot Be Provoked

LpProtocolInfo Not NULL, That Provider
    [Tags]    WSASOCKET-027
    Report What Cannot Be Provoked

Values Are Passed On Unmodified
    [Tags]    WSASOCKET-029
    Report What Cannot Be Provoked

Only DwCatalogEntryId Is Examined
    [Tags]    WSASOCKET-030
    Report What Cannot Be Provoked

The Whole Structure Reaches The Provider
    [Tags]    WSASOCKET-032
    Report What Cannot Be Provoked

The Triple Selects Only Base Protocols And Chains
    [Tags]    WSASOCKET-033
    Report What Cannot Be Provoked

Unchained Layers Are No Partial Match
    [Tags]    WSASOCKET-034
    Report What Cannot Be Provoked

Flags Combine By OR
    [Tags]    WSASOCKET-036
    Report What Cannot Be Provoked

WSA_FLAG_MULTIPOINT_C_ROOT
    [Tags]    WSASOCKET-039
    Report What Cannot Be Provoked

WSA_FLAG_MULTIPOINT_C_LEAF
    [Tags]    WSASOCKET-040
    Report What Cannot Be Provoked

WSA_FLAG_MULTIPOINT_D_ROOT
    [Tags]    WSASOCKET-041
    Report What Cannot Be Provoked

WSA_FLAG_MULTIPOINT_D_LEAF
    [Tags]    WSASOCKET-042
    Report What Cannot Be Provoked

Exactly One C_ Flag
    [Tags]    WSASOCKET-043
    Report What Cannot Be Provoked

Exactly One D_ Flag
    [Tags]    WSASOCKET-044
    Report What Cannot Be Provoked

WSAETIMEDOUT On A Broken Connection
    [Tags]    WSASOCKET-050
    Report What Cannot Be Provoked

Other Providers May Support Multipoint
    [Tags]    WSASOCKET-055
    Report What Cannot Be Provoked
