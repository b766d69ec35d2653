*** Settings ***
Documentation    FROM_PROTOCOL_INFO: -1 in place of any of af, type and protocol, taken from the structure.

Resource         wsasocket.resource

Test Template    Structure Should Fill In

Test Tags        WSASOCKET-028    leg:structure


*** Test Cases ***                  AF                      TYPE                    PROTOCOL
Family                              FROM_PROTOCOL_INFO      $type                   $protocol
Type                                $af                     FROM_PROTOCOL_INFO      $protocol
Protocol                            $af                     $type                   FROM_PROTOCOL_INFO
Family And Type                     FROM_PROTOCOL_INFO      FROM_PROTOCOL_INFO      $protocol
Family And Protocol                 FROM_PROTOCOL_INFO      $type                   FROM_PROTOCOL_INFO
Type And Protocol                   $af                     FROM_PROTOCOL_INFO      FROM_PROTOCOL_INFO
Family, Type And Protocol           FROM_PROTOCOL_INFO      FROM_PROTOCOL_INFO      FROM_PROTOCOL_INFO


*** Keywords ***
Structure Should Fill In
    [Documentation]    The socket has the attributes of the structure. `$af` is what the catalog entry says.
    [Arguments]    ${af}    ${type}    ${protocol}
    For Every Catalog Entry    Socket Should Be As The Entry Says    ${af}    ${type}    ${protocol}

Socket Should Be As The Entry Says
    [Documentation]    Type and family are read back.
    [Arguments]    ${af}    ${type}    ${protocol}
    Creation With Entry Should Conform    af=${af}    type=${type}    protocol=${protocol}
    Should Succeed    read_type
    Number Should Be    so_type:4    $type
    Family Should Be That Of The Entry
