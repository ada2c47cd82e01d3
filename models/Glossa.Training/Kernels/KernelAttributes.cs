using System.Text;
using static Glossa.Training.Kernels.RuntimeApi;

namespace Glossa.Training.Kernels;

/// <summary>The attributes of a node for which a kernel is made.</summary>
internal readonly unsafe struct KernelAttributes(nint info)
{
    /// <summary>A whole number, or what stands for one that is not given.</summary>
    public long Integer(string name, long otherwise)
    {
        long value;
        fixed (byte* text = Text(name)) return Succeeded(((delegate* unmanaged<nint, byte*, long*, nint>)Function(Entry.KernelInfoGetAttribute_int64))(info, text, &value)) ? value : otherwise;
    }

    /// <summary>A float, or what stands for one that is not given.</summary>
    public float Float(string name, float otherwise)
    {
        float value;
        fixed (byte* text = Text(name)) return Succeeded(((delegate* unmanaged<nint, byte*, float*, nint>)Function(Entry.KernelInfoGetAttribute_float))(info, text, &value)) ? value : otherwise;
    }

    /// <summary>A list of whole numbers, or null.</summary>
    public long[]? Integers(string name)
    {
        delegate* unmanaged<nint, byte*, long*, nuint*, nint> read = (delegate* unmanaged<nint, byte*, long*, nuint*, nint>)Function(Entry.KernelInfoGetAttributeArray_int64);
        fixed (byte* text = Text(name))
        {
            nuint count = 0;
            if (!Succeeded(read(info, text, null, &count))) return null;
            long[] values = new long[count];
            fixed (long* start = values) Check(read(info, text, start, &count));
            return values;
        }
    }

    private static byte[] Text(string name) => [.. Encoding.UTF8.GetBytes(name), 0];
}
