package dev.leasehold.samples.strings

import dev.leasehold.memory.permanent.PermanentMemory
import dev.leasehold.memory.permanent.PermanentTable
import java.net.URLClassLoader
import java.nio.file.Path
import java.util.concurrent.Callable

/** A part of a program that knows of no other: it has the name of a table, and asks its own copy of the library. */
internal class PlugIn(private val name: String, private val text: String) : Callable<String> {
    override fun call(): String {
        val table = checkNotNull(PermanentTable.find(TABLE)) { "nobody has made the table '$TABLE'" }
        return Visit.make(name, Text.valueOf(text), table, PermanentMemory::buffers).line
    }

    companion object {
        /**
         * Runs one in a class loader of its own, which has nothing in common with this one but the JDK: the plug-in,
         * the library and Kotlin are loaded once more. Afterwards the class loader can be collected; what the plug-in
         * has appended stays.
         */
        fun run(name: String, text: Text): Visit =
            URLClassLoader(name, classPath(), ClassLoader.getPlatformClassLoader()).use { loader ->
                val plugIn = loader.loadClass(PlugIn::class.java.name)
                    .getConstructor(String::class.java, String::class.java).newInstance(name, text.name)
                // To cast it to PlugIn would fail: that is another class.
                Visit.of((plugIn as Callable<*>).call() as String)
            }

        private fun classPath() = System.getProperty("java.class.path").split(java.io.File.pathSeparator)
            .map { Path.of(it).toUri().toURL() }.toTypedArray()
    }
}
