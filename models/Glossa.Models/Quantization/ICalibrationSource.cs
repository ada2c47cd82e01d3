using Glossa.Models.Onnx;

namespace Glossa.Models.Quantization;

/// <summary>Sample inputs of a model, and the means to run them: what calibration needs and this library does not bring along.</summary>
public interface ICalibrationSource
{
    /// <summary>Runs a model, whose inputs are those of the model to quantize, over every sample.</summary>
    /// <param name="probe">The model; all its outputs are float32.</param>
    /// <returns>Each sample's outputs by name. The arrays may be used again for the next sample.</returns>
    IEnumerable<IReadOnlyDictionary<string, float[]>> Run(ModelProto probe);
}
