/* A DLL: an entry point, data that needs relocation, exports. */

static int one = 1;
static int *where = &one; /* an address in data: wrong unless relocated */
static int reasons;

int DllMain(void *module, unsigned reason, void *reserved)
{
    (void)module;
    (void)reserved;
    reasons = reasons * 10 + (int)reason + 1;
    return 1;
}

int add(int a, int b) { return (a + b) * *where; }
int attached(void) { return reasons; }
