using Glossa.Models.Export;
using Glossa.Models.Onnx;
using Glossa.Training.Verification;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using static Glossa.Models.Onnx.TensorProto.Types;

namespace Glossa.Pipeline.Optimize;

/// <summary>A model file in ONNX Runtime, fed with drawn inputs.</summary>
internal sealed class RunnableModel : IDisposable
{
    private readonly InferenceSession _session;
    private readonly string _path;

    private RunnableModel(InferenceSession session, string path) => (_session, _path) = (session, path);

    /// <summary>Opens a file by its path, so that data beside it are found.</summary>
    /// <exception cref="InputException">The runtime does not take it.</exception>
    public static RunnableModel Open(string path)
    {
        using SessionOptions options = new() { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL, ExecutionMode = ExecutionMode.ORT_SEQUENTIAL };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        try
        {
            return new RunnableModel(new InferenceSession(path, options), path);
        }
        catch (OnnxRuntimeException e)
        {
            throw new InputException($"ONNX Runtime does not load the model ({FirstLine(e)})", path, "export it again, or leave out the pass or precision that made it", e);
        }
    }

    /// <summary>Opens a model that is held in memory, which may be too large for one message: through a file that goes away again.</summary>
    public static RunnableModel OpenTemporary(ModelProto model, string folder)
    {
        string file = Path.Combine(folder, "probe.onnx.partial");
        try
        {
            OnnxFile.Write(file, model);
            return Open(file);
        }
        finally
        {
            File.Delete(file);
            File.Delete(file + "_data");
        }
    }

    /// <summary>Runs the model; gives its outputs of floats by name.</summary>
    /// <exception cref="InputException">The runtime cannot run it.</exception>
    public IReadOnlyDictionary<string, float[]> Run(IReadOnlyList<FeedTensor> feeds)
    {
        Dictionary<string, OrtValue> inputs = feeds.Where(feed => _session.InputMetadata.ContainsKey(feed.Name)).ToDictionary(feed => feed.Name, ToOrt);
        try
        {
            using RunOptions run = new();
            using IDisposableReadOnlyCollection<OrtValue> outputs = _session.Run(run, inputs, _session.OutputNames);
            return _session.OutputNames.Zip(outputs).Where(pair => IsFloat(pair.Second)).ToDictionary(pair => pair.First, pair => Floats(pair.Second));
        }
        catch (OnnxRuntimeException e)
        {
            throw new InputException($"ONNX Runtime does not run the model on [{string.Join("; ", feeds.Select(feed => $"{feed.Name} {string.Join("x", feed.Shape)}"))}] ({FirstLine(e)})", _path,
                "export it again with dynamic axes", e);
        }
        finally
        {
            foreach (OrtValue value in inputs.Values) value.Dispose();
        }
    }

    public void Dispose() => _session.Dispose();

    private static OrtValue ToOrt(FeedTensor feed) => (feed.Type, feed.Data) switch
    {
        (DataType.Float16, float[] data) => Of(Array.ConvertAll(data, value => (Float16)value), TensorElementType.Float16, feed.Shape),
        (DataType.Double, float[] data) => Of(Array.ConvertAll(data, value => (double)value), TensorElementType.Double, feed.Shape),
        _ => feed.ToInput().ToOrtValue(),
    };

    private static OrtValue Of<T>(T[] data, TensorElementType type, long[] shape)
        where T : unmanaged => data.Length > 0 ? OrtValue.CreateTensorValueFromMemory(data, shape) : OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, type, shape);

    private static bool IsFloat(OrtValue value) => value.GetTensorTypeAndShape().ElementDataType is TensorElementType.Float or TensorElementType.Float16 or TensorElementType.Double;

    private static float[] Floats(OrtValue value) => value.GetTensorTypeAndShape().ElementDataType switch
    {
        TensorElementType.Float16 => Array.ConvertAll(value.GetTensorDataAsSpan<Float16>().ToArray(), half => (float)half),
        TensorElementType.Double => Array.ConvertAll(value.GetTensorDataAsSpan<double>().ToArray(), wide => (float)wide),
        _ => value.GetTensorDataAsSpan<float>().ToArray(),
    };

    private static string FirstLine(OnnxRuntimeException e) => e.Message.Split('\n')[0].Trim().TrimEnd('.');
}
