package dev.leasehold.memory

/** A manager was configured with figures that contradict each other; the message names both. No manager was made. */
public class ManagerConfigurationException internal constructor(message: String) : IllegalArgumentException(message)

/**
 * A manager refused to allocate because it has been closed. Blocks that were allocated before are still good.
 *
 * @property managerName the closed manager
 */
public class ManagerClosedException internal constructor(message: String, public val managerName: String) :
    IllegalStateException(message)

/**
 * A block was used, retained, resized or closed after its last reference had been given back, or used after its manager
 * had taken all blocks back. The message says which, and, where sites are traced, where it was allocated and closed.
 *
 * @property managerName the manager that it was allocated from
 * @property size how many bytes it had
 */
public class BlockClosedException internal constructor(
    message: String,
    public val managerName: String,
    public val size: Long,
) : IllegalStateException(message)

/**
 * A block was to be resized or transferred while another thread was doing so. Nothing has changed: let one holder do it.
 *
 * @property managerName the manager that it was allocated from
 * @property size how many bytes it has
 */
public class BlockBusyException internal constructor(
    message: String,
    public val managerName: String,
    public val size: Long,
) : IllegalStateException(message)

/**
 * A manager was closed while blocks were allocated. The manager *is* closed; the blocks stay valid and free their memory
 * as they are closed. Where sites are traced or the manager is checked, the message lists them, the largest first.
 *
 * @property managerName the closed manager
 * @property blocks how many blocks were allocated
 * @property bytes how many bytes they hold
 */
public class OutstandingBlocksException internal constructor(
    message: String,
    public val managerName: String,
    public val blocks: Long,
    public val bytes: Long,
) : IllegalStateException(message)

/**
 * The bytes before or behind a block of a checked manager were found overwritten when it was freed. The block *is* freed.
 *
 * @property managerName the manager that it was allocated from
 * @property size how many bytes it had
 * @property offset where the first overwritten byte lies, counted from the block's first: negative when it lies before it
 * @sample dev.leasehold.memory.samples.damagedBlock
 */
public class GuardBytesException internal constructor(
    message: String,
    public val managerName: String,
    public val size: Long,
    public val offset: Long,
) : RuntimeException(message)
