package dev.leasehold.memory.contract.platform

import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.support.onThread
import dev.leasehold.testing.await
import dev.leasehold.testing.logged
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import jdk.jfr.Configuration
import jdk.jfr.Recording
import java.io.File
import java.lang.foreign.ValueLayout.JAVA_BYTE
import java.lang.ref.WeakReference
import java.net.URLClassLoader
import kotlin.reflect.KClass

/** An application that comes and goes in a process that stays, with the library or without it. */
class UnloadSpec : FunSpec() {
    init {
        test("a class loader that has loaded the library is collected when its application has ended") {
            deployed(TidyMain::class, ::libraryLoader).first.shouldGo()
        }

        test("it is collected whatever the application has left open, and the pages of that go with it") {
            val (loader, addresses) = deployed(UntidyMain::class, ::libraryLoader)
            addresses.map(::byteAt) shouldBe addresses.map { 1 }
            loader.shouldGo()
            await("the pages are gone") { addresses.all { byteAt(it) == 0.toByte() } }
        }

        test("an application in a loader below the library's is collected, whatever it has left open") {
            deployed(TidyMain::class, ::applicationLoader).first.shouldGo()
            val (loader, addresses) = deployed(UntidyMain::class, ::applicationLoader)
            loader.shouldGo(leaks = 2)
            // The library has not ended, so what was leased stays as it is: a view may be anywhere.
            addresses.map(::byteAt) shouldBe addresses.map { 1 }
        }

        test("it is collected while a recording runs that has the library's events, and its figures every second") {
            val settings = checkNotNull(UnloadSpec::class.java.getResourceAsStream("/META-INF/leasehold.jfc"))
            Recording(Configuration.create(settings.reader())).use { recording ->
                recording.start()
                deployed(UntidyMain::class, ::libraryLoader).first.shouldGo()
            }
        }
    }

    private fun byteAt(address: Long): Byte = Platform.current.view(address, 1, null).get(JAVA_BYTE, 0)

    private fun WeakReference<ClassLoader>.shouldGo(leaks: Int = 0) {
        // What was forgotten and traced is a leak, which is reported as long as the library stays.
        val reports = logged("LEAK: ") { records ->
            await("the class loader is garbage") {
                System.gc()
                Thread.sleep(100)
                get() == null && records.size >= leaks
            }
        }
        reports.all { "deployed" in it } shouldBe true
    }

    /** Runs [main] in a loader of [make] and drops that; what it returns are addresses that it has written 1 to. */
    private fun deployed(main: KClass<*>, make: () -> URLClassLoader): Pair<WeakReference<ClassLoader>, List<Long>> {
        val loader = make()
        var addresses = LongArray(0)
        loader.use {
            val run = it.loadClass(main.java.name).getMethod("run")
            onThread("deployer") {
                Thread.currentThread().contextClassLoader = it
                addresses = run.invoke(null) as LongArray
            }
        }
        return WeakReference<ClassLoader>(loader) to addresses.toList()
    }

    private fun urls() = (System.getProperty("surefire.test.class.path") ?: System.getProperty("java.class.path"))
        .split(File.pathSeparatorChar).map { File(it).toURI().toURL() }.toTypedArray()

    private fun libraryLoader() = URLClassLoader(urls(), ClassLoader.getPlatformClassLoader())

    /** A loader of the application's classes alone. */
    private fun applicationLoader(): URLClassLoader =
        object : URLClassLoader(urls(), UnloadSpec::class.java.classLoader) {
            override fun loadClass(name: String, resolve: Boolean): Class<*> = synchronized(getClassLoadingLock(name)) {
                val isOwn = APPLICATIONS.any { name == it || name.startsWith("$it$") }
                if (isOwn) findLoadedClass(name) ?: findClass(name) else super.loadClass(name, resolve)
            }
        }

    private companion object {
        val APPLICATIONS = listOf(TidyMain::class, UntidyMain::class, Left::class).map { it.java.name }
    }
}
