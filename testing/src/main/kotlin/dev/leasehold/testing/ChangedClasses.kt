package dev.leasehold.testing

import java.lang.classfile.ClassFile
import java.lang.classfile.ClassHierarchyResolver
import java.lang.classfile.ClassTransform
import java.lang.classfile.CodeTransform
import java.lang.classfile.MethodModel
import java.lang.classfile.MethodTransform

/** Loads the library and its tests once more, with something added to their code. */
public abstract class ChangedClasses : ClassLoader(ChangedClasses::class.java.classLoader) {
    private val classFile =
        ClassFile.of(ClassFile.ClassHierarchyResolverOption.of(ClassHierarchyResolver.ofResourceParsing(parent)))

    /** What becomes of the code of [method], of the class [name]. */
    protected abstract fun changing(name: String, method: MethodModel): CodeTransform

    /** Runs an object of the class [name], which is a [Runnable] and made from a seed. */
    public fun run(name: String, seed: Long) {
        val constructor = loadClass(name).getConstructor(Long::class.javaPrimitiveType)
        (constructor.newInstance(seed) as Runnable).run()
    }

    override fun loadClass(name: String, resolve: Boolean): Class<*> {
        if (!name.startsWith(LIBRARY)) return super.loadClass(name, resolve)
        return synchronized(getClassLoadingLock(name)) { findLoadedClass(name) ?: define(name) }
    }

    private fun define(name: String): Class<*> {
        val resource = parent.getResourceAsStream("${name.replace('.', '/')}.class")
        val bytes = resource?.use { it.readBytes() } ?: throw ClassNotFoundException(name)
        val changed = classFile.transformClass(classFile.parse(bytes), changing(name))
        return defineClass(name, changed, 0, changed.size)
    }

    private fun changing(name: String) = ClassTransform { builder, element ->
        if (element is MethodModel) {
            builder.transformMethod(element, MethodTransform.transformingCode(changing(name, element)))
        } else {
            builder.with(element)
        }
    }

    private companion object {
        const val LIBRARY = "dev.leasehold.memory."
    }
}
