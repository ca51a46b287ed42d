package dev.leasehold.memory.contract.platform

import dev.leasehold.memory.internal.platform.BackgroundThread
import dev.leasehold.memory.internal.platform.HelperThread
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import java.lang.ref.WeakReference
import java.net.URLClassLoader
import java.util.concurrent.CountDownLatch
import kotlin.time.Duration.Companion.hours

class HelperThreadSpec : FunSpec() {
    init {
        test("a thread keeps nothing of its starter, which can be collected while the thread lives") {
            withThread(HelperThread.CLEANER::platform) { it.shouldBeFree() }
            withThread(HelperThread.NOTIFY::virtual) { it.shouldBeFree() }
        }

        test("an ordinary thread keeps all of that") {
            withThread({ Thread.ofPlatform().daemon().unstarted(it) }) { child ->
                repeat(3) { System.gc() }
                child.loader.get() shouldNotBe null
                child.inherited.get() shouldNotBe null
                child.group.get() shouldNotBe null
            }
        }

        test("the background thread, which has work for long, keeps nothing of the thread that made it start") {
            val hour = 1.hours.inWholeNanoseconds
            lateinit var thread: Thread
            lateinit var scheduled: AutoCloseable
            val background = BackgroundThread(0, hour, hour) { task ->
                HelperThread.BACKGROUND.platform(task).also { thread = it }
            }
            Starter { scheduled = background.schedule(hour) {} }.leave().shouldBeFree()
            thread.isAlive shouldBe true
            scheduled.close()
            thread.join()
        }
    }

    /** Lets a thread of [make] be started by a [Starter], and runs [look] while it lives. */
    private fun withThread(make: (Runnable) -> Thread, look: (Traces) -> Unit) {
        val end = CountDownLatch(1)
        lateinit var thread: Thread
        val traces = Starter { thread = make(Runnable(end::await)).also(Thread::start) }.leave()
        look(traces)
        thread.isAlive shouldBe true
        end.countDown()
        thread.join()
    }
}

/** What a part of an application, such as one web application of a server, leaves when it goes. */
private class Traces(
    val loader: WeakReference<ClassLoader>,
    val inherited: WeakReference<Any>,
    val group: WeakReference<ThreadGroup>,
) {
    fun shouldBeFree() {
        collectUntil("the context class loader is garbage") { loader.get() == null }
        collectUntil("the value of an inheritable thread local is garbage") { inherited.get() == null }
        collectUntil("the thread group is garbage") { group.get() == null }
    }
}

/** Runs [action] in a thread with a group, a context class loader and an inherited value that nothing else has. */
private class Starter(private val action: () -> Unit) {
    fun leave(): Traces {
        val group = ThreadGroup("child")
        val loader = URLClassLoader(emptyArray(), null)
        val inherited = Any()
        val thread = Thread.ofPlatform().group(group).unstarted {
            LOCAL.set(inherited)
            action()
        }
        thread.contextClassLoader = loader
        thread.start()
        thread.join()
        return Traces(WeakReference(loader), WeakReference(inherited), WeakReference(group))
    }

    private companion object {
        val LOCAL = InheritableThreadLocal<Any>()
    }
}
