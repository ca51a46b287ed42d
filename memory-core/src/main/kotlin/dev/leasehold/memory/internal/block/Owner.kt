package dev.leasehold.memory.internal.block

/** What pools and managers call what they do. */
internal enum class OwnerKind(val word: String, val item: String, val verb: String, val participle: String) {
    POOL("pool", "lease", "rent", "rented"),
    MANAGER("manager", "block", "allocate", "allocated"),
}

/** The pool or manager that an engine works for, as messages name it. */
internal class Owner(val kind: OwnerKind, val name: String) {
    /** `pool 'orders'`. */
    override fun toString(): String = "${kind.word} '$name'"
}
