@file:JvmSynthetic

package dev.leasehold.memory.mapped

import dev.leasehold.memory.InvalidTimeoutException
import dev.leasehold.memory.MappedFileException
import dev.leasehold.memory.internal.platform.describe
import java.nio.file.Path

/** A [MappedLock] could not be had in time: others kept it. Nothing is held. */
public class MappedLockTimeoutException internal constructor(message: String, path: Path) :
    MappedFileException(message, path)

/**
 * A thread gave a [MappedLock] back that it does not have, asked again for one that it has, or used a condition without
 * it. Nothing was changed.
 */
public class MappedLockOwnerException internal constructor(message: String, path: Path) :
    MappedFileException(message, path)

private const val NANOS_PER_MILLI = 1_000_000

private fun nameOf(lock: MappedLock) = "the lock '${lock.name}' of the file ${lock.manager.path}"

/** The exception for a lock that could not be had in [nanos] nanoseconds. */
internal fun lockTimeout(lock: MappedLock, nanos: Long, process: Long): MappedLockTimeoutException {
    val others = if (process == 0L) "others share it" else "process $process has it"
    return MappedLockTimeoutException(
        "${nameOf(lock)} was not free within ${nanos / NANOS_PER_MILLI} ms: $others; keep it for less, or wait longer",
        lock.manager.path,
    )
}

/** The exception for a thread that asks for the lock that it has exclusively. */
internal fun lockedAlready(lock: MappedLock) = MappedLockOwnerException(
    "${nameOf(
        lock,
    )} is held exclusively by ${describe(Thread.currentThread())}, which asks for it again: it is taken " +
        "once at a time",
    lock.manager.path,
)

/** The exception for a thread that has not the exclusive lock, and does what only that may. */
internal fun notOwner(lock: MappedLock, action: String) = MappedLockOwnerException(
    "${nameOf(lock)} is not held exclusively by ${describe(Thread.currentThread())}, which cannot $action",
    lock.manager.path,
)

/** The exception for a share that is given back and was not taken. */
internal fun notShared(lock: MappedLock) = MappedLockOwnerException(
    "${nameOf(lock)} is not shared by this process, which cannot give a share back",
    lock.manager.path,
)

/** Returns [nanos] when something may wait that long; [without] is what does not wait. */
internal fun checkWait(nanos: Long, without: String): Long {
    if (nanos > 0) return nanos
    throw InvalidTimeoutException("a timeout must be positive, and was $nanos ns; $without without one does not wait")
}
