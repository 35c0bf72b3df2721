// compiles
#include <foundation/foundation.hpp>

int main() { return 0; }
