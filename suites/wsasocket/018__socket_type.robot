*** Settings ***
Documentation    WSAESOCKTNOSUPPORT: types that the family does not have. Not SOCK_RAW, which is optional.

Resource         wsasocket.resource

Test Template    Creation Should Conform

Test Tags        WSASOCKET-018    leg:internet


*** Test Cases ***      AF          TYPE                PROTOCOL
SOCK_RDM                AF_INET     SOCK_RDM            0
SOCK_SEQPACKET          AF_INET     SOCK_SEQPACKET      0
Type 77                 AF_INET     77                  0
