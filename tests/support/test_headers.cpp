// Nothing but a place to compile the headers that all test programs share: tests/CMakeLists.txt.
