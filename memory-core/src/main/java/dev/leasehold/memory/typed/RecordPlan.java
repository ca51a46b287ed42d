package dev.leasehold.memory.typed;

import static java.lang.invoke.MethodType.methodType;

import dev.leasehold.memory.internal.typed.FieldForm;
import dev.leasehold.memory.internal.typed.FieldKind;
import dev.leasehold.memory.internal.typed.RecordLookup;
import dev.leasehold.memory.internal.typed.StructForm;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle.AccessMode;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads the layout off a record and composes the handles that read and write it: one for each component, which goes by
 * the offset that the layout knows, and the record's own constructor and accessors.
 *
 * <p>Primitives, those of nested records too, are reached through the layout of the outermost record. So each access
 * checks that this is all inside of the segment, and the compiler sees that one check does for all.
 */
final class RecordPlan {
    private static final MethodType WRITER = methodType(void.class, MemorySegment.class, long.class);

    private final RecordLookup lookup;
    private final Class<?> type;
    private final StructForm form;
    private final StructLayout layout;
    private final Map<Class<?>, RecordPlan> elements = new HashMap<>();

    RecordPlan(RecordLookup lookup, Class<?> type) {
        this(lookup, type, new HashSet<>());
    }

    private RecordPlan(RecordLookup lookup, Class<?> type, Set<Class<?>> around) {
        this.lookup = lookup;
        this.type = type;
        form = formOf(type, around);
        layout = form.toStructLayout(1);
    }

    StructForm form() {
        return form;
    }

    /** Makes a record of what is at an offset of a segment: {@code (MemorySegment, long) Object}. */
    MethodHandle reader() {
        return reader(type, form, List.of()).asType(methodType(Object.class, MemorySegment.class, long.class));
    }

    /** Writes a record at an offset of a segment: {@code (MemorySegment, long, Object) void}. */
    MethodHandle writer() {
        return writer(type, form, List.of()).asType(WRITER.appendParameterTypes(Object.class));
    }

    /** Refuses a record that cannot be written, {@code (Object) void}; null when all can. */
    MethodHandle checker() {
        return form.getFields().stream().allMatch(RecordPlan::isPrimitive)
            ? null
            : checker(type, form).asType(methodType(void.class, Object.class));
    }

    // ---- the layout ----

    private StructForm formOf(Class<?> type, Set<Class<?>> around) {
        var components = type.getRecordComponents();
        if (components == null) throw new StructLayoutException(type.getName() + " is no record");
        if (!around.add(type)) throw new StructLayoutException(type.getSimpleName() + " cannot contain itself");
        var form = new StructForm(type.isAnnotationPresent(Packed.class), StructLayoutException::new);
        form.begin(type.getSimpleName(), 1);
        for (var component : components) append(form, component, around);
        form.freeze(Collections::emptyMap);
        around.remove(type);
        return form;
    }

    private void append(StructForm form, RecordComponent component, Set<Class<?>> around) {
        var type = component.getType();
        var name = component.getName();
        var kind = FieldKind.of(type);
        if (kind != null) {
            form.value(kind, name);
        } else if (type.isRecord()) {
            form.struct(formOf(type, around), name);
        } else if (type == String.class) {
            form.array(FieldKind.TEXT, name, lengthOf(form, component));
        } else if (type.isArray() && type.getComponentType().isRecord()) {
            var element = new RecordPlan(lookup, type.getComponentType(), around);
            elements.put(type.getComponentType(), element);
            form.structs(element.form, name, lengthOf(form, component));
        } else if (type.isArray() && FieldKind.of(type.getComponentType()) != null) {
            form.array(FieldKind.of(type.getComponentType()), name, lengthOf(form, component));
        } else {
            throw new StructLayoutException("'" + name + "' of " + form.getName() + " is of " + type.getTypeName()
                + ", which has no place in a struct: take primitives, records, and, with @FixedLength, arrays of these"
                + " and String");
        }
    }

    private static int lengthOf(StructForm form, RecordComponent component) {
        var length = component.getAnnotation(FixedLength.class);
        if (length != null) return length.value();
        throw new StructLayoutException("'" + component.getName() + "' of " + form.getName()
            + " needs a length: mark it with @FixedLength");
    }

    // ---- the handles ----

    // A fold puts what the last argument but two is into its place, made of the two behind it; so a record may have as
    // many components as a constructor can have, but three.
    private MethodHandle reader(Class<?> type, StructForm form, List<PathElement> path) {
        var types = Arrays.stream(type.getRecordComponents()).<Class<?>>map(RecordComponent::getType).toList();
        var all = accessible(type, () -> lookup.constructor(type, types));
        all = MethodHandles.dropArguments(all, types.size(), MemorySegment.class, long.class);
        for (var place = types.size() - 1; place >= 0; place--) {
            var part = partReader(form.getFields().get(place), types.get(place), path);
            all = MethodHandles.foldArguments(all, place, part);
        }
        return all;
    }

    private MethodHandle partReader(FieldForm field, Class<?> type, List<PathElement> path) {
        if (isPrimitive(field)) return primitive(field, path, AccessMode.GET);
        var nested = field.getNested();
        if (nested != null && field.getCount() == 0) return reader(type, nested, plus(path, field));
        var offset = layout.byteOffset(path.toArray(PathElement[]::new)) + field.getOffset();
        var parts = partsOf(field, type);
        return parts.reader(offset).asType(methodType(type, MemorySegment.class, long.class));
    }

    private MethodHandle writer(Class<?> type, StructForm form, List<PathElement> path) {
        var steps = new ArrayList<MethodHandle>();
        for (var place = 0; place < form.getFields().size(); place++) {
            var component = type.getRecordComponents()[place];
            var part = partWriter(form.getFields().get(place), component.getType(), path);
            steps.add(MethodHandles.filterArguments(part, 2, accessor(type, component)));
        }
        return inOrder(steps, WRITER.appendParameterTypes(type));
    }

    private MethodHandle partWriter(FieldForm field, Class<?> type, List<PathElement> path) {
        if (isPrimitive(field)) return primitive(field, path, AccessMode.SET);
        var nested = field.getNested();
        if (nested != null && field.getCount() == 0) return writer(type, nested, plus(path, field));
        var offset = layout.byteOffset(path.toArray(PathElement[]::new)) + field.getOffset();
        var parts = partsOf(field, type);
        return parts.writer(offset).asType(WRITER.appendParameterTypes(type));
    }

    private MethodHandle checker(Class<?> type, StructForm form) {
        var steps = new ArrayList<MethodHandle>();
        for (var place = 0; place < form.getFields().size(); place++) {
            var field = form.getFields().get(place);
            if (isPrimitive(field)) continue;
            var component = type.getRecordComponents()[place];
            var what = "'" + component.getName() + "' of " + form.getName();
            var accessor = accessor(type, component);
            var nested = field.getNested() != null && field.getCount() == 0;
            var parts = nested ? RecordParts.notNull(what) : partsOf(field, component.getType()).checker(what);
            steps.add(step(parts, accessor));
            if (nested) steps.add(step(checker(component.getType(), field.getNested()), accessor));
        }
        return inOrder(steps, methodType(void.class, type));
    }

    private static MethodHandle step(MethodHandle checker, MethodHandle accessor) {
        var type = methodType(void.class, accessor.type().returnType());
        return MethodHandles.filterArguments(checker.asType(type), 0, accessor);
    }

    private static MethodHandle inOrder(List<MethodHandle> steps, MethodType type) {
        var all = MethodHandles.empty(type);
        for (var step : steps.reversed()) all = MethodHandles.foldArguments(all, step);
        return all;
    }

    private RecordParts partsOf(FieldForm field, Class<?> type) {
        var element = elements.get(type.getComponentType());
        return new RecordParts(
            field.getKind(),
            field.getCount(),
            type.getComponentType(),
            field.getUnit(),
            element == null ? null : element.reader(),
            element == null ? null : element.writer(),
            element == null ? null : element.checker()
        );
    }

    private MethodHandle primitive(FieldForm field, List<PathElement> path, AccessMode mode) {
        return layout.varHandle(plus(path, field).toArray(PathElement[]::new)).toMethodHandle(mode);
    }

    private MethodHandle accessor(Class<?> type, RecordComponent component) {
        return accessible(type, () -> lookup.accessor(component.getAccessor()));
    }

    private MethodHandle accessible(Class<?> type, Member member) {
        try {
            return member.find();
        } catch (IllegalAccessException | NoSuchMethodException failure) {
            throw new StructLayoutException("Record " + type.getSimpleName() + " is not accessible to " + lookup
                + ": make it public, or call Struct.of(MethodHandles.lookup(), …)", failure);
        }
    }

    private static boolean isPrimitive(FieldForm field) {
        return field.getCount() == 0 && field.getNested() == null;
    }

    private static List<PathElement> plus(List<PathElement> path, FieldForm field) {
        var longer = new ArrayList<>(path);
        longer.add(PathElement.groupElement(field.getGivenName()));
        return longer;
    }

    private interface Member {
        MethodHandle find() throws IllegalAccessException, NoSuchMethodException;
    }
}
