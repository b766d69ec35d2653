*** Settings ***
Documentation    Many sockets: made and closed in a long loop, and until no more can be made.
...              They run last, in processes of their own.

Resource         wsasocket.resource


*** Variables ***
${COUNT}    10000
${LIMIT}    65536
${NOISE}    262144


*** Test Cases ***
Two At Once Differ
    [Tags]    WSASOCKET-023
    Run Program File    two_at_once.ceprog
    Outcome Should Conform
    Outcome Should Conform    second
    Values Should Differ    tested    second
    Should Succeed    closed
    Should Succeed    closed_second

A Long Loop
    [Tags]    WSASOCKET-023
    Long Loop Should Conform

A Long Loop Loses No Memory
    [Documentation]    NOISE is 26 bytes for each socket: less than the smallest leak of a heap block.
    [Tags]    WSASOCKET-023
    Needs Memory Of Its Own
    Long Loop Should Conform
    Number Should Not Shrink
    ...    before+MEMORYSTATUS.dwAvailPhys:word
    ...    after+MEMORYSTATUS.dwAvailPhys:word
    ...    noise=${NOISE}

No Descriptors Are Left
    [Tags]    WSASOCKET-014    leg:exhaustion
    Run Program File    exhaust.ceprog    limit=${LIMIT}    deadline=300s
    Values Should Differ    tested    another    if_succeeded=another
    Outcome Should Conform
    Should Succeed    closed
    Should Succeed    recovered

No Memory Is Left
    [Documentation]    All is freed within the program, and goes with its process in any case.
    [Tags]    WSASOCKET-015    leg:memory
    Needs Ability    memory-pressure
    Run Program File    out_of_memory.ceprog    limit=${LIMIT}    deadline=300s
    Outcome Should Conform
    Should Succeed    freed
    Should Succeed    recovered
    Number Should Not Shrink
    ...    before+MEMORYSTATUS.dwAvailPhys:word
    ...    after+MEMORYSTATUS.dwAvailPhys:word
    ...    noise=${NOISE}


*** Keywords ***
Long Loop Should Conform
    [Documentation]    COUNT sockets, one after the other, all made and closed.
    Run Program File    churn.ceprog    count=${COUNT}    deadline=120s
    Outcome Should Conform
    Should Succeed    closed
    Should Have Run    tested    ${COUNT}
