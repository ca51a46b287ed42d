package dev.leasehold.memory.contract.budget

import dev.leasehold.memory.Block
import dev.leasehold.memory.GiB
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MiB
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.memory.support.ChildJvm
import dev.leasehold.testing.await
import io.kotest.core.annotation.Condition
import io.kotest.core.annotation.EnabledIf
import io.kotest.core.spec.Spec
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.io.File
import kotlin.reflect.KClass

/** A memory control group below the one that this process is in, where the system lets us make one. */
internal class ControlGroup private constructor(private val folder: File, private val limitFile: File) : AutoCloseable {
    /** Bounds all that is in it. */
    fun limit(bytes: Long): Unit = limitFile.writeText("$bytes")

    /**
     * Has the virtual machine that [command] starts bounded to [limit] bytes, and returns what it prints; after the
     * first line [begun] is called.
     */
    fun run(limit: Long, command: List<String>, begun: () -> Unit = {}): String {
        limit(limit)
        val script = "echo \$\$ > ${folder.path}/cgroup.procs && exec " + command.joinToString(" ") { "'$it'" }
        val process = ProcessBuilder("sh", "-c", script).redirectErrorStream(true).start()
        val output = process.inputReader()
        val first = output.readLine()
        begun()
        return (first + "\n" + output.readText()).also { process.waitFor() shouldBe 0 }
    }

    override fun close() {
        await("$folder is empty, and can be removed") { folder.delete() }
    }

    companion object {
        /** A new group, or null where there are no control groups or we may not make any. */
        fun makeOrNull(): ControlGroup? {
            val lines = File("/proc/self/cgroup").takeIf(File::canRead)?.readLines() ?: return null
            val first = lines.firstOrNull { ":memory:" in it }
            val mount = if (first != null) "/sys/fs/cgroup/memory" else "/sys/fs/cgroup"
            val parent = File(mount, (first ?: lines[0]).substringAfterLast(':'))
            val folder = File(parent, "leasehold-${ProcessHandle.current().pid()}")
            if (!folder.mkdir()) return null
            val limit = File(folder, if (first != null) "memory.limit_in_bytes" else "memory.max")
            return if (limit.canWrite()) ControlGroup(folder, limit) else null.also { folder.delete() }
        }
    }
}

/** Prints the root of this virtual machine. */
internal object RootMain {
    @JvmStatic
    fun main(args: Array<String>) = println(MemoryBudget.root())
}

/** Asks for more than its container has until it gets that. */
internal object FollowingRootMain {
    @JvmStatic
    fun main(args: Array<String>) {
        println(MemoryBudget.root())
        val manager = SystemMemoryManager("follower")
        var block: Block? = null
        val deadline = System.nanoTime() + 60_000_000_000
        while (block == null && System.nanoTime() < deadline) {
            block = try {
                manager.allocate(600.MiB)
            } catch (_: MemoryExhaustedException) {
                Thread.sleep(100)
                null
            }
        }
        println(MemoryBudget.root())
        block?.close()
    }
}

/** Whether control groups can be made here: on Linux, with the right to. */
internal class WithControlGroups : Condition {
    override fun evaluate(kclass: KClass<out Spec>): Boolean {
        val can = ControlGroup.makeOrNull()?.also(ControlGroup::close) != null
        if (!can) println("no memory control group can be made here: the root's limit in a container is not tried")
        return can
    }
}

@EnabledIf(WithControlGroups::class)
class ContainerRootSpec : FunSpec({
    fun command(main: KClass<*>): List<String> {
        val java = File(System.getProperty("java.home"), "bin/java").path
        val classes = System.getProperty("surefire.test.class.path") ?: System.getProperty("java.class.path")
        return listOf(java, ChildJvm.NATIVE_ACCESS, "-cp", classes, main.java.name)
    }

    test("the root has as much as the container that the process runs in") {
        ControlGroup.makeOrNull()!!.use { group ->
            group.run(512.MiB, command(RootMain::class)) shouldContain "MemoryBudget(app: 0 bytes of 512 MiB used)"
        }
    }

    test("a container that is given more gives the root more") {
        ControlGroup.makeOrNull()!!.use { group ->
            val output = group.run(512.MiB, command(FollowingRootMain::class)) { group.limit(1.GiB) }
            output shouldContain "MemoryBudget(app: 0 bytes of 512 MiB used)"
            output shouldContain "MemoryBudget(app: 600 MiB of 1 GiB used)"
        }
    }
})
