package dev.leasehold.memory

import dev.leasehold.memory.internal.block.Owner
import dev.leasehold.memory.internal.block.OwnerKind
import dev.leasehold.memory.internal.budget.BudgetLeaf
import dev.leasehold.memory.internal.engine.Engine
import dev.leasehold.memory.internal.engine.EngineConfig
import dev.leasehold.memory.internal.engine.SlabEngine
import dev.leasehold.memory.internal.platform.Platform
import java.util.function.Consumer

/**
 * A manager of memory in this process: per-thread caches over slabs and spans of pages, and the system itself for
 * blocks of a mebibyte and more.
 *
 * Any number of them, each with its own limit, figures and memory: `SystemMemoryManager("index") { limit = 512.MiB }`,
 * or from Java `SystemMemoryManager.of("index", options -> options.setLimit(512L << 20))`.
 *
 * **Ownership.** Its maker closes it, after its blocks. **Threads.** Any. **Zeroed.** Not; see [MemoryManager].
 * **Cost.** A manager holds nothing from the system until it is first used; each thread that allocates in it gets a
 * cache of its own there, which [ManagerOptions.idleBound] does not count.
 *
 * @sample dev.leasehold.memory.samples.managerUnderABudget
 */
public class SystemMemoryManager private constructor(
    options: ManagerOptions,
    config: EngineConfig,
    ofProcess: Boolean,
    around: (Engine) -> Engine,
) : MemoryManager(options, config, ofProcess, { around(SlabEngine(it, LARGEST_CLASS)) }) {
    /** Makes managers. */
    public companion object {
        /** Holds the manager of [MemoryManager.system], made at the first use. */
        internal val ofProcess: MemoryManager by lazy { make("system", ManagerOptions(), ofProcess = true) }

        /**
         * Makes a manager for one subsystem: `SystemMemoryManager("index") { limit = 512.MiB }`. The caller closes it.
         *
         * @param name what figures and errors call it
         * @param configure sets its options
         * @throws MemoryConfigurationException when the name is blank or figures contradict each other
         * @throws BudgetClosedException when its budget is closed
         */
        @JvmSynthetic
        public operator fun invoke(name: String, configure: ManagerOptions.() -> Unit = {}): SystemMemoryManager =
            make(name, ManagerOptions().apply(configure))

        /** Makes a manager with the default options, for Java. The caller closes it. */
        @JvmStatic
        public fun of(name: String): SystemMemoryManager = make(name, ManagerOptions())

        /** Makes a manager with the options that [configure] sets, for Java: as [SystemMemoryManager] in Kotlin. */
        @JvmStatic
        public fun of(name: String, configure: Consumer<in ManagerOptions>): SystemMemoryManager =
            make(name, ManagerOptions().also(configure::accept))

        /** Makes a manager whose engines are what [around] makes of the usual ones. */
        internal fun make(
            name: String,
            options: ManagerOptions,
            platform: Platform = Platform.current,
            ofProcess: Boolean = false,
            around: (Engine) -> Engine = { it },
        ): SystemMemoryManager {
            val config = configFor(name, options, platform)
            return SystemMemoryManager(options, config, ofProcess, around).also(MemoryManager::join)
        }

        /** What the engines of a manager are made with. */
        internal fun configFor(name: String, options: ManagerOptions, platform: Platform): EngineConfig {
            val owner = Owner(OwnerKind.MANAGER, name)
            options.check(owner)
            val leaf = BudgetLeaf(name, options.limit, options.budget.node)
            return options.configFor(owner, Hygiene.LEAVE.action(), platform, leaf)
        }
    }
}
