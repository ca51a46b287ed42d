package dev.leasehold.memory.internal.manager

import dev.leasehold.memory.internal.block.Attachment
import dev.leasehold.memory.internal.block.GuardBytes

/**
 * What comes with one block of [size] bytes of a checked manager: the [guards] around it.
 *
 * @param damaged makes the exception for bytes around the block that were overwritten
 */
internal class CheckedBlock(
    val size: Long,
    private val guards: GuardBytes,
    private val damaged: (GuardBytes.Damage, CheckedBlock) -> RuntimeException,
) :
    // It moves, so that holders of an old view are found.
    Attachment(movesAlways = true) {
    override val front: Long get() = guards.front

    override fun around(size: Long): Long = guards.around(size)

    override fun freeing(address: Long, size: Long): RuntimeException? {
        val damage = guards.damage(address - front, size)
        guards.fillFreed(address - front, size)
        return damage?.let { damaged(it, this) }
    }
}
