@file:JvmSynthetic

package dev.leasehold.memory.mapped

import dev.leasehold.memory.MappedFileFormatException
import dev.leasehold.memory.internal.mapped.Change
import dev.leasehold.memory.internal.mapped.FileLayout
import dev.leasehold.memory.internal.mapped.FileSession
import dev.leasehold.memory.internal.mapped.FileWords
import dev.leasehold.memory.internal.mapped.Place
import dev.leasehold.memory.internal.mapped.RootTable
import dev.leasehold.memory.internal.mapped.RootedKind
import java.util.concurrent.ConcurrentHashMap

/**
 * What [states] has of the block of the root [name], or what [open] makes of its offset. The block is held until
 * the session of [manager] ends, so whatever becomes of the root it is no other's before.
 *
 * Where there is no such root, a block of [bytes] bytes is made, with zeros and what [fill] writes.
 */
internal fun <S : Any> RootedKind.open(
    manager: MappedMemoryManager,
    name: String,
    bytes: Long,
    states: ConcurrentHashMap<Long, S>,
    fill: (FileWords, at: Long) -> Unit = { _, _ -> },
    open: (at: Long) -> S,
): S {
    while (true) openNow(manager, name, bytes, states, fill, open)?.let { return it }
}

/** [open]; null when the root was replaced meanwhile. */
private fun <S : Any> RootedKind.openNow(
    manager: MappedMemoryManager,
    name: String,
    bytes: Long,
    states: ConcurrentHashMap<Long, S>,
    fill: (FileWords, at: Long) -> Unit,
    open: (at: Long) -> S,
): S? = manager.writing {
    val holds = manager.session.sessions.holds
    val root = manager.roots[name]
    val ref = if (root.isNone) make(manager, name, bytes, fill) else root.bits
    val slot = holds.note(ref)
    if (slot < 0) throw manager.limit("linked blocks in use", FileLayout.HOLD_COUNT)
    var isKept = false
    try {
        if (holds.isLinked(ref)) {
            states.computeIfAbsent(offsetOf(manager, name, ref)) { at -> open(at).also { isKept = true } }
        } else {
            null.also { manager.requireLinked(name, MappedRef(ref)) }
        }
    } finally {
        if (!isKept) holds.release(slot, ref)
    }
}

private fun RootedKind.offsetOf(manager: MappedMemoryManager, name: String, ref: Long): Long {
    val session = manager.session
    val place = checkNotNull(manager.placeOf(MappedRef(ref))) { "the root '$name' leads nowhere" }
    val isOne = place.bytes(session.words) >= 2 * Long.SIZE_BYTES &&
        session.words.get(place.offset) == word && session.words.get(place.offset + Long.SIZE_BYTES) == version
    if (isOne) return place.offset
    throw MappedFileFormatException(
        "the root '$name' of the file ${manager.path} leads to no $what of this version",
        manager.path,
    )
}

private fun RootedKind.make(
    manager: MappedMemoryManager,
    name: String,
    bytes: Long,
    fill: (FileWords, at: Long) -> Unit,
): Long {
    val blocks = manager.entryBlocks()
    val words = manager.session.words
    val held = blocks.take(bytes)
    try {
        val at = held.place.offset
        for (each in 0 until bytes step Long.SIZE_BYTES.toLong()) words.setQuietly(at + each, 0)
        fill(words, at)
        words.set(at + Long.SIZE_BYTES, version)
        words.set(at, word)
        val place = linkRoot(manager, name, listOf(held.place))
        return place.refOf(words.get(place.state))
    } finally {
        // It is linked by now, or freed.
        blocks.release(held)
    }
}

/** Makes the first of [places] the root [name], unless another has been made meanwhile; the one that is. */
internal fun linkRoot(manager: MappedMemoryManager, name: String, places: List<Place>): Place {
    val session = manager.session
    return session.linkLock.withLock { link(manager, session, name, places) }
}

private fun link(manager: MappedMemoryManager, session: FileSession, name: String, places: List<Place>): Place {
    val change = Change(session)
    val roots = RootTable(session.words, session.layout)
    val bytes = MappedRoots.bytesOf(name)
    val at = roots.find(change, bytes)
    if (at < 0) throw manager.limit("roots", FileLayout.ROOTS)
    val before = change[at]
    if (before != 0L) return checkNotNull(manager.placeOf(MappedRef(before)))
    places.forEach(change::linkNew)
    roots.set(change, at, bytes, places[0].refOf(session.words.get(places[0].state)))
    change.commit()
    return places[0]
}
