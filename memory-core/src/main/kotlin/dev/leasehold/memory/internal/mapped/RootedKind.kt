package dev.leasehold.memory.internal.mapped

/**
 * A kind of structure that lies in one block, to which a root leads.
 *
 * @property what what messages call it
 * @property word the first word of the block
 * @property version the second word
 */
internal class RootedKind(val what: String, val word: Long, val version: Long)
