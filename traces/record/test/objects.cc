// SPDX-License-Identifier: 0BSD
// A C++ program: operator new and delete, before, in and after main().
#include <new>

namespace
{

struct Block {
    char bytes[5801];
};

struct alignas(128) Aligned {
    char bytes[5888];
};

// Hides a pointer from the compiler, which may leave out a new with its delete.
template <typename T> T *opaque(T *block)
{
    __asm__ volatile("" : "+r"(block)::"memory");
    return block;
}

struct Holder {
    Block *block = opaque(new Block);
    ~Holder()
    {
        delete block;
    }
};

Holder before_main;

} // namespace

int main()
{
    char *array = opaque(new char[5802]);
    char *checked = opaque(new (std::nothrow) char[5803]);
    Aligned *aligned = opaque(new Aligned);

    delete[] checked;
    delete[] array;
    delete aligned;
    return 0;
}
