package dev.leasehold.memory.contract.budget

import dev.leasehold.memory.Block
import dev.leasehold.memory.BudgetExceededException
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MiB
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.memory.internal.budget.BudgetLeaf
import dev.leasehold.memory.internal.budget.BudgetMember
import dev.leasehold.memory.internal.budget.ProcessRoot
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.platform.ProcessTotal
import dev.leasehold.memory.support.ChildJvm
import dev.leasehold.memory.support.LibraryCopy
import dev.leasehold.memory.support.together
import dev.leasehold.testing.Effort
import dev.leasehold.testing.await
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.longs.shouldBeLessThanOrEqual
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.lang.ref.Reference
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicLong
import kotlin.random.Random

/** What one copy of the library does. */
internal object OneCopy {
    private val blocks = ArrayDeque<Block>()
    private val manager = SystemMemoryManager("copy")

    @JvmStatic
    fun limit(bytes: Long) {
        MemoryBudget.root().limit = bytes
    }

    /** Takes [bytes], and says how that went. */
    @JvmStatic
    fun take(bytes: Long): String = try {
        blocks += manager.allocate(bytes)
        "taken"
    } catch (refusal: BudgetExceededException) {
        refusal.message!!
    }

    @JvmStatic
    fun giveBack() {
        blocks.removeFirst().close()
        manager.trim()
    }

    @JvmStatic
    fun tree(): String = MemoryBudget.root().toTree()

    @JvmStatic
    fun available(): Long = MemoryBudget.root().available
}

/** Two copies in a process of their own, step by step. */
internal object TwoCopiesMain {
    @JvmStatic
    fun main(args: Array<String>) {
        val one = LibraryCopy()
        LibraryCopy().use { two -> share(one, two) }
        if (!Platform.current.bindsViews) return
        println("alone again")
        // Of which this third copy has nothing.
        val total = ProcessTotal.find()!!
        await("what the other copy held has come off, and no more") {
            System.gc()
            total.bytes == 10.MiB
        }
        println(one.call(OneCopy::class, "available"))
        println(one.call(OneCopy::class, "take", 54.MiB))
        println(one.call(OneCopy::class, "take", 1L))
        println("entry: " + System.getProperty(ProcessTotal.PROPERTY))
        // A property that is no string would fail here.
        System.getProperties().list(java.io.PrintStream(java.io.OutputStream.nullOutputStream()))
    }

    private fun share(one: LibraryCopy, two: LibraryCopy) {
        // The one that goes is the one that makes what both count in.
        for (copy in listOf(two, one)) copy.call(OneCopy::class, "limit", 64.MiB)
        println("one: " + one.call(OneCopy::class, "take", 40.MiB))
        println("two: " + two.call(OneCopy::class, "take", 30.MiB))
        println("two: " + two.call(OneCopy::class, "take", 24.MiB))
        println("one: " + one.call(OneCopy::class, "take", 2.MiB))
        println(one.call(OneCopy::class, "tree"))
        one.call(OneCopy::class, "giveBack")
        println("two: " + two.call(OneCopy::class, "take", 30.MiB))
        println("one: " + one.call(OneCopy::class, "take", 10.MiB))
    }
}

class CopiesRootSpec : FunSpec() {
    private val platform = Platform.current

    init {
        test("the roots of two copies of the library count together, until one of them is unloaded") {
            val result = ChildJvm.run(TwoCopiesMain::class, listOf(ChildJvm.NATIVE_ACCESS))
            val others = "by other copies of Leasehold in this process"
            val remedy = "by manager 'copy': close what is no longer used or raise the limit of 'app'"
            result.output.lines().filter {
                !it.startsWith("entry: ")
            }.joinToString("\n").trim() shouldBe """
                |one: taken
                |two: app: 0 bytes of 64 MiB used, 40 MiB $others, 30 MiB requested for the pages of 31,457,280 bytes $remedy
                |two: taken
                |one: app: 40 MiB of 64 MiB used, 24 MiB $others, 2 MiB requested for the pages of 2,097,152 bytes $remedy
                |budget                                       used     limit  full    peak
                |app                                        40 MiB    64 MiB  62 %  40 MiB
                |└─ manager copy                            40 MiB  no limit        40 MiB
                |other copies of Leasehold in this process  24 MiB
                |two: taken
                |one: taken
                |alone again
                |56623104
                |taken
                |app: 64 MiB of 64 MiB used, 4 KiB requested for the pages of 1 byte $remedy
            """.trimMargin()
            result.output shouldContain Regex("entry: \\d+-\\d+@[0-9a-f]+")
            result.exitCode shouldBe 0
        }

        test("copies that cannot reach native memory say what they assume") {
            val result = ChildJvm.run(TwoCopiesMain::class, listOf("--illegal-native-access=deny"))
            result.output shouldContain "another copy of Leasehold runs in this process, and the two cannot count " +
                "together without --enable-native-access for both: each assumes that it alone has all memory of the " +
                "machine or container. Set MemoryBudget.root().limit in each"
            result.output shouldContain "two: taken"
        }

        test("two roots are never one byte above their limit together, and all of it comes back") {
            val page = platform.map(platform.pageSize)
            val total = ProcessTotal.at(page, platform)
            val roots = List(2) { ProcessRoot.make("app", total) { LIMIT } }
            val leaves = List(4) { BudgetLeaf("pool $it", LIMIT, roots[it % 2]) }
            val most = AtomicLong()
            val seed = Effort.seed("two roots")
            together(4) { worker ->
                val random = Random(seed + worker)
                val held = ArrayDeque<Long>()
                repeat(Effort.times(100_000)) {
                    val bytes = random.nextLong(1, 400)
                    if (leaves[worker].tryReserve(bytes)) held += bytes
                    most.accumulateAndGet(total.bytes, ::maxOf)
                    if (held.size > 3) leaves[worker].release(held.removeFirst())
                }
                held.forEach(leaves[worker]::release)
            }
            most.get() shouldBeLessThanOrEqual LIMIT
            total.bytes shouldBe 0
            roots.map { it.used + it.outside } shouldBe listOf(0, 0)
            platform.unmap(page, platform.pageSize)
        }

        test("the root follows the system's limit up and down, until a limit is set") {
            var system = 100L
            val root = ProcessRoot.make("app", null) { system }
            val leaf = BudgetLeaf("pool", Long.MAX_VALUE, root)
            leaf.tryReserve(101) shouldBe false
            system = 200
            root.look()
            root.limit shouldBe 200
            leaf.tryReserve(101) shouldBe true
            system = 50
            root.look()
            leaf.tryReserve(1) shouldBe false
            leaf.release(101)
            root.limit = 1000
            system = 70
            root.look()
            root.limit shouldBe 1000
        }

        test("idle memory goes back when the system's limit falls, and those who wait are served when it rises") {
            var system = 100L
            val root = ProcessRoot.make("app", null) { system }
            val leaf = BudgetLeaf("pool", Long.MAX_VALUE, root)
            val served = AtomicInteger()
            val member = object : BudgetMember("pool") {
                override val isClosed: Boolean get() = false

                override val returns: Long = 1

                override fun giveIdleBack(): Unit = leaf.release(60)

                override fun roomCame() {
                    served.incrementAndGet()
                }
            }
            root.members.add(leaf, member) shouldBe true
            leaf.tryReserve(90) shouldBe true
            system = 50
            root.look()
            root.used shouldBe 30
            root.roomWait.begin()
            await("the lines have been asked") { served.get() > 0 }
            val before = served.get()
            system = 200
            root.look()
            await("those who wait are served") { served.get() > before }
            root.roomWait.end()
            leaf.release(30)
            Reference.reachabilityFence(member)
        }

        test("a refusal by the root has the system's limit read again, a second later") {
            var system = 100L
            val root = ProcessRoot.make("app", null) { system }
            val leaf = BudgetLeaf("pool", Long.MAX_VALUE, root)
            system = 200
            await("the limit has followed") { leaf.tryReserve(101) }
            root.limit shouldBe 200
        }

        test("a total that the properties of another process name means nothing here") {
            val own = System.getProperty(ProcessTotal.PROPERTY)
            try {
                System.setProperty(ProcessTotal.PROPERTY, "1-1@10")
                ProcessTotal.find()!!.bytes shouldBe 0
                System.getProperty(ProcessTotal.PROPERTY) shouldContain "${ProcessHandle.current().pid()}-"
            } finally {
                if (own == null) System.clearProperty(ProcessTotal.PROPERTY) else setOwn(own)
            }
        }
    }

    private fun setOwn(entry: String) {
        System.setProperty(ProcessTotal.PROPERTY, entry)
    }

    private companion object {
        const val LIMIT = 1000L
    }
}
