/* zcbor includes it for printing, which is not compiled in. */
