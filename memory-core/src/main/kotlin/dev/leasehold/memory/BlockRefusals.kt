package dev.leasehold.memory

import dev.leasehold.memory.internal.AccessFailures.hex

/** The messages of a block that refuses: which block, of whom, what was tried and what to do. */
internal object BlockRefusals {
    fun closed(block: Block, verb: String): BlockClosedException = BlockClosedException(
        "Block of ${block.size} bytes at ${hex(block.address)} from manager '${block.manager.name}' was $verb " +
            "after its last reference had been given back" + remedy(verb) +
            "; set traceSites = true on the manager to see where it was allocated and closed",
        block.manager.name,
        block.size,
    )

    fun busy(block: Block): BlockBusyException = BlockBusyException(
        "Block of ${block.size} bytes at ${hex(
            block.address,
        )} from manager '${block.manager.name}' is being resized by " +
            "another thread: let one holder resize it and hand the new block on",
        block.manager.name,
        block.size,
    )

    private fun remedy(verb: String) =
        if (verb == "closed") ": close once for the allocation and once for each retain" else ""
}
