package dev.leasehold.memory.contract.platform

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.support.onThread
import dev.leasehold.testing.await
import io.kotest.core.spec.style.FunSpec
import java.io.File
import java.lang.ref.WeakReference
import java.net.URLClassLoader

/** What an application does with the library before it is undeployed. */
internal object DeployedMain {
    @JvmStatic
    fun main(args: Array<String>) {
        val pool = MemoryPool.isolated("deployed") { traceSites = true }
        // Many enough for the epochs to retire in the background.
        repeat(20_000) { pool.rentShared(1024).use { lease -> lease.withSegment { it.setByte(0, 1) } } }
        pool.rent(1.MiB).use { lease -> lease.segment.setByte(0, 1) }
        pool.close()
        val manager = SystemMemoryManager("deployed")
        manager.allocate(1024).use { block -> block.withSegment { it.setByte(0, 1) } }
        manager.clear()
        manager.close()
    }
}

class UnloadSpec : FunSpec() {
    init {
        test("a class loader that has loaded the library is collected when its application has ended") {
            val loader = deployAndForget()
            await("the class loader is garbage") {
                System.gc()
                Thread.sleep(100)
                loader.get() == null
            }
        }
    }

    private fun deployAndForget(): WeakReference<ClassLoader> {
        val files = System.getProperty("surefire.test.class.path") ?: System.getProperty("java.class.path")
        val urls = files.split(File.pathSeparatorChar).map { File(it).toURI().toURL() }.toTypedArray()
        URLClassLoader(urls, ClassLoader.getPlatformClassLoader()).use { loader ->
            val main = loader.loadClass(DeployedMain::class.java.name).getMethod("main", Array<String>::class.java)
            onThread("deployer") { main.invoke(null, emptyArray<String>()) }
            return WeakReference(loader)
        }
    }
}
