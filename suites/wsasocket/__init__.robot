*** Settings ***
Documentation    WSASocket on Windows CE: the requirements of its documentation page, one test or more for each.
...              Expected codes stand in harness/winsock/requirements, the programs in the folder programs.
