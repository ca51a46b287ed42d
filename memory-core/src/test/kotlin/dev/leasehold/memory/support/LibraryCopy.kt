package dev.leasehold.memory.support

import java.io.File
import java.net.URLClassLoader
import kotlin.reflect.KClass

/** A class loader with all classes of its own but those of the platform, the library's and the tests' among them. */
internal class LibraryCopy : AutoCloseable {
    private val loader = URLClassLoader(
        (System.getProperty("surefire.test.class.path") ?: System.getProperty("java.class.path"))
            .split(File.pathSeparatorChar).map { File(it).toURI().toURL() }.toTypedArray(),
        ClassLoader.getPlatformClassLoader(),
    )

    /** This loader's class of the name of [type]. */
    fun load(type: KClass<*>): Class<*> = loader.loadClass(type.java.name)

    /** Calls the static function [name] of [type] there. */
    fun call(type: KClass<*>, name: String, vararg arguments: Any): Any? =
        load(type).methods.single { it.name == name }.invoke(null, *arguments)

    override fun close(): Unit = loader.close()
}
