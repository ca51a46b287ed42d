package dev.leasehold.memory.internal.typed

import dev.leasehold.memory.Block
import dev.leasehold.memory.MemoryBusyException
import dev.leasehold.memory.internal.platform.Background

/** Closes [block] now, or, while a native call uses a view of it, when that has ended. */
internal fun closeWhenUnused(block: Block) {
    if (!tryClose(block)) Background.untilDone(block) { tryClose(block) }
}

private fun tryClose(block: Block): Boolean = try {
    block.close()
    true
} catch (_: MemoryBusyException) {
    false
}

/** Closes all [blocks], also when one was found damaged; that is thrown in the end. */
internal fun closeAll(blocks: List<Block>) {
    var failure: RuntimeException? = null
    for (block in blocks) {
        try {
            closeWhenUnused(block)
        } catch (damage: RuntimeException) {
            failure?.addSuppressed(damage)
            failure = failure ?: damage
        }
    }
    if (failure != null) throw failure
}
