@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.dsl

import dev.leasehold.memory.dsl.internal.ScopeSite
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.LeaseOwner

/** Where a scope was opened: `memoryScope` makes an object of a class of its own at each place; see [ScopeSite]. */
@PublishedApi
internal fun interface ScopeMark : LeaseOwner {
    /** Does nothing: only the object's class matters. */
    fun mark()

    /** This mark, of a scope that is called [name]. */
    fun named(name: String): LeaseOwner = NamedMark(this, name)

    override fun describe(name: String?): String =
        (if (name == null) "memory scope" else "memory scope '$name'") + " at ${ScopeSite.of(javaClass)}"
}

/** A mark that knows the name of its scope. */
private class NamedMark(private val mark: ScopeMark, private val name: String) : LeaseOwner {
    override fun describe(name: String?): String = mark.describe(this.name)
}
