package dev.leasehold.memory.coroutines.contract.pool

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.rentAsync
import dev.leasehold.memory.coroutines.withLease
import dev.leasehold.testing.await
import io.kotest.core.spec.style.FunSpec
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeoutOrNull
import kotlinx.coroutines.yield
import java.io.File
import java.lang.ref.WeakReference
import java.net.URL
import java.net.URLClassLoader
import kotlin.time.Duration.Companion.milliseconds

/** An application that has waited for memory in every way, and closes nothing. */
internal object WaitingApplication {
    private lateinit var pool: SuspendingPool

    @JvmStatic
    fun run() {
        pool = SuspendingPool(MemoryPool.isolated("deployed") { traceSites = true }, 1000)
        runBlocking {
            repeat(1000) { pool.withLease(500) { lease -> lease.withSegment { it.setByte(0, 1) } } }
            pool.withLease(800) {
                withTimeoutOrNull(20.milliseconds) { pool.withLease(800) {} }
                val cancelled = launch { pool.withLease(800) {} }
                yield()
                cancelled.cancel()
                val future = pool.rentAsync(800)
                launch { pool.withLease(800) {} }
                yield()
                future.cancel(true)
            }
        }
    }
}

class UnloadedApplicationSpec : FunSpec() {
    init {
        test("an application in a loader below the library's is collected after it has waited in every way") {
            val loader = deployed { urls ->
                object : URLClassLoader(urls, UnloadedApplicationSpec::class.java.classLoader) {
                    override fun loadClass(name: String, resolve: Boolean): Class<*> {
                        if (!name.startsWith(WaitingApplication::class.java.name)) return super.loadClass(name, resolve)
                        return synchronized(getClassLoadingLock(name)) { findLoadedClass(name) ?: findClass(name) }
                    }
                }
            }
            await("the class loader is garbage") {
                System.gc()
                Thread.sleep(100)
                loader.get() == null
            }
        }
    }

    private fun deployed(make: (Array<URL>) -> URLClassLoader): WeakReference<ClassLoader> {
        val files = System.getProperty("surefire.test.class.path") ?: System.getProperty("java.class.path")
        make(files.split(File.pathSeparatorChar).map { File(it).toURI().toURL() }.toTypedArray()).use { loader ->
            val run = loader.loadClass(WaitingApplication::class.java.name).getMethod("run")
            var failure: Throwable? = null
            val thread = Thread.ofPlatform().unstarted { failure = runCatching { run.invoke(null) }.exceptionOrNull() }
            thread.contextClassLoader = loader
            thread.start()
            thread.join()
            failure?.let { throw AssertionError(it) }
            return WeakReference(loader)
        }
    }
}
